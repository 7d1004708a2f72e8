using System.Text.Json;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Features;
using Marten;
using MediatR;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Workflows;

/// <summary>
/// Registers the workflows that ship with the gateway. An id that was ever in use is left alone: what an operator changed stays
/// changed, and what they deleted stays deleted.
/// </summary>
public sealed partial class BundledWorkflows(IQuerySession session, IMediator mediator, ILogger<BundledWorkflows> logger)
{
    private const string Actor = "system";

    /// <param name="folder">Holds for each workflow the template as <c>id.json</c> and its schema as <c>id.schema.json</c>, whose title and
    /// description are the workflow's own.</param>
    public async Task Register(string folder, CancellationToken ct)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.schema.json").Order(StringComparer.Ordinal))
        {
            var id = Path.GetFileName(file)[..^".schema.json".Length];
            if (await session.Events.FetchStreamStateAsync(Workflow.StreamOf(id), ct) is null)
            {
                await Register(id, folder, ct);
            }
        }
    }

    private async Task Register(string id, string folder, CancellationToken ct)
    {
        var schema = await Read(Path.Combine(folder, $"{id}.schema.json"), ct);
        var body = new RegisterWorkflow.Body(
            id,
            schema.GetProperty("title").GetString()!,
            await Read(Path.Combine(folder, $"{id}.json"), ct),
            schema.GetProperty("description").GetString(),
            schema);
        try
        {
            await mediator.Send(new RegisterWorkflow.Command(body, Actor, Guid.CreateVersion7().ToString()), ct);
            LogRegistered(logger, id);
        }
        catch (ProblemException exists) when (exists.Code.Status == 409)
        {
            // Another gateway that started at the same time was first.
        }
    }

    private static async Task<JsonElement> Read(string file, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        return await JsonSerializer.DeserializeAsync<JsonElement>(stream, ApiJson.Options, ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered the bundled workflow {WorkflowId}")]
    private static partial void LogRegistered(ILogger logger, string workflowId);
}
