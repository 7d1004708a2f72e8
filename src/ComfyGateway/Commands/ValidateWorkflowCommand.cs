using System.CommandLine;
using System.Text.Json;
using ComfyGateway.Workflows.Contracts;

namespace ComfyGateway.Commands;

internal static class ValidateWorkflowCommand
{
    private static readonly Argument<FileInfo> File = new("FILE") { Description = "The template: API-format JSON with {{placeholders}}; - for standard input." };
    private static readonly Option<FileInfo?> Schema = new("--schema") { Description = "The schema of its inputs." };
    private static readonly Option<int> MaxNodes = new("--max-nodes") { Description = "The largest graph.", DefaultValueFactory = _ => 2000 };

    public static Command Create()
    {
        var command = new Command("validate-workflow", "Check a workflow template without a gateway. Exit code 0 when it would be accepted, else 1.") { File, Schema, MaxNodes };
        command.SetAction(Run);
        return command;
    }

    private static Task<int> Run(ParseResult arguments, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        var graph = await JsonFile.Read(arguments.GetRequiredValue(File), ct);
        var schema = arguments.GetValue(Schema) is { } file ? await JsonFile.Read(file, ct) : (JsonElement?)null;
        var problems = TemplateCheck.Problems(graph, schema, arguments.GetValue(MaxNodes));
        foreach (var (path, message) in problems)
        {
            await Console.Out.WriteLineAsync($"{path} {message}");
        }

        if (problems.Count == 0)
        {
            await Console.Out.WriteLineAsync("The template is well-formed. Whether ComfyUI has its nodes and models is told when it is registered.");
        }

        return problems.Count == 0 ? 0 : CommandErrors.Failed;
    });
}
