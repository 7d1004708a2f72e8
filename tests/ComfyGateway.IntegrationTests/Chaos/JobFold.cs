using System.Text.Json.Nodes;
using ComfyGateway.Jobs;
using JasperFx.Events;
using Marten;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>
/// The read model of a job by its events, written a second time: the projection's own code would agree with whatever the projection did.
/// </summary>
internal static class JobFold
{
    public static JsonObject Fold(IReadOnlyList<IEvent> events, ISerializer serializer)
    {
        var view = new JsonObject();
        foreach (var (name, value) in events.SelectMany(e => Changes(view, e.Data)))
        {
            view[name] = JsonNode.Parse(serializer.ToJson(value));
        }

        view["version"] = events.Count;
        return view;
    }

    /// <summary>The stored read model is what its stream makes it, member by member.</summary>
    public static void ShouldBeReproducible(this JobRecord record)
    {
        foreach (var made in new[] { record.Folded, record.Replayed })
        {
            JsonNode.DeepEquals(record.View, made).ShouldBeTrue($"stored {record.View.ToJsonString()}\nmade {made.ToJsonString()}\n{record.Story()}");
        }
    }

    /// <summary>A job ends once, and nothing happens to it after that.</summary>
    public static void ShouldEndOnce(this JobRecord record)
    {
        record.Events.Count(e => e.Data is JobSucceeded or JobFailed or JobCanceled).ShouldBe(1, record.Story());
        record.Events[^1].Data.ShouldBeOfType<JobSucceeded>(record.Story());
    }

    private static (string Name, object? Value)[] Changes(JsonObject view, object e) => e switch
    {
        JobQueued queued =>
        [
            ("id", queued.JobId), ("owner", queued.Owner), ("status", JobStatus.Queued), ("workflowId", queued.WorkflowId),
            ("workflowVersion", queued.WorkflowVersion), ("priority", queued.Priority), ("seed", queued.Seed), ("metadata", queued.Metadata),
            ("correlationId", queued.CorrelationId), ("createdAt", queued.At), ("backend", null), ("attempts", 0), ("startedAt", null),
            ("completedAt", null), ("outputs", Array.Empty<object>()), ("error", null), ("progress", 0),
        ],
        JobSubmitted submitted => [("backend", submitted.Backend), ("attempts", submitted.Attempt)],
        JobStarted started => [("status", JobStatus.Running), ("startedAt", started.At)],
        JobOutputStored stored => [("outputs", view["outputs"]!.AsArray().Select(o => (object?)o).Append(stored.Output).ToArray())],
        JobRequeued => [("status", JobStatus.Queued), ("backend", null), ("startedAt", null)],
        JobRecalled => [("status", JobStatus.Queued), ("backend", null), ("startedAt", null), ("attempts", view["attempts"]!.GetValue<int>() - 1)],
        JobSucceeded succeeded => [("status", JobStatus.Succeeded), ("completedAt", succeeded.At)],
        JobFailed failed => [("status", JobStatus.Failed), ("completedAt", failed.At), ("error", failed.Error), ("progress", failed.Progress)],
        JobCanceled canceled => [("status", JobStatus.Canceled), ("completedAt", canceled.At), ("progress", canceled.Progress)],
        _ => [],
    };
}
