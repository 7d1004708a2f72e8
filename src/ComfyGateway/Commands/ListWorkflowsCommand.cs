using System.CommandLine;
using System.Text.Json;

namespace ComfyGateway.Commands;

internal static class ListWorkflowsCommand
{
    private static readonly string[] Heading = ["ID", "VERSION", "UPDATED", "NAME"];

    private static readonly Option<string?> Search = new("--search") { Description = "Only those with this in their id, name or description." };

    public static Command Create()
    {
        var command = new Command("list-workflows", "Show the workflows of a running gateway.") { Search };
        command.SetAction(Run);
        return command.TalksToGateway();
    }

    private static Task<int> Run(ParseResult arguments, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        using var gateway = GatewayCalls.Client(arguments);
        var answer = await GatewayCalls.Read(gateway.GetAsync(arguments.GetValue(Search) is { } search ? $"/workflows?search={Uri.EscapeDataString(search)}" : "/workflows", ct), ct);
        string[][] rows = [Heading, .. answer.GetProperty("workflows").EnumerateArray().Select(Row)];
        var widths = Enumerable.Range(0, Heading.Length).Select(column => rows.Max(r => r[column].Length)).ToArray();
        foreach (var row in rows)
        {
            await Console.Out.WriteLineAsync(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        return 0;
    });

    private static string[] Row(JsonElement workflow) =>
    [
        workflow.GetProperty("id").GetString()!,
        workflow.GetProperty("version").GetRawText(),
        workflow.GetProperty("updatedAt").GetString()!,
        workflow.GetProperty("name").GetString()!,
    ];
}
