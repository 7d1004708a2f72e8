using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.Commands;

internal static class AddWorkflowCommand
{
    private static readonly Argument<FileInfo> File = new("FILE") { Description = "The template: API-format JSON with {{placeholders}}; - for standard input." };
    private static readonly Option<string?> Id = new("--id") { Description = "The workflow's id. Default: the file's name; needed where there is no file." };
    private static readonly Option<string?> Name = new("--name") { Description = "What people call it. Default: the id." };
    private static readonly Option<string?> Description = new("--description") { Description = "What it makes." };
    private static readonly Option<FileInfo?> Schema = new("--schema") { Description = "The schema of its inputs. Default: derived from the placeholders." };

    public static Command Create()
    {
        var command = new Command("add-workflow", "Register a workflow template with a running gateway.") { File, Id, Name, Description, Schema };
        command.SetAction(Run);
        return command.TalksToGateway();
    }

    private static Task<int> Run(ParseResult arguments, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        var file = arguments.GetRequiredValue(File);
        var id = arguments.GetValue(Id)
            ?? (JsonFile.IsStandardInput(file) ? throw new StartException("--id: is needed, since standard input has no name") : Path.GetFileName(file.Name).Split('.')[0]);
        var body = new
        {
            id,
            name = arguments.GetValue(Name) ?? id,
            description = arguments.GetValue(Description),
            workflowJson = await JsonFile.Read(file, ct),
            inputSchema = arguments.GetValue(Schema) is { } schema ? await JsonFile.Read(schema, ct) : (JsonElement?)null,
        };

        using var gateway = GatewayCalls.Client(arguments);
        var answer = await GatewayCalls.Read(gateway.PostAsJsonAsync("/workflows", body, ct), ct);
        foreach (var warning in answer.GetProperty("warnings").EnumerateArray())
        {
            await Console.Error.WriteLineAsync($"warning: {warning}");
        }

        await Console.Out.WriteLineAsync($"Registered {id}, version {answer.GetProperty("workflow").GetProperty("version")}.");
        return 0;
    });
}
