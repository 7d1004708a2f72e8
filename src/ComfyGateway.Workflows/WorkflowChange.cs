using ComfyGateway.Platform.Events;
using Marten;

namespace ComfyGateway.Workflows;

/// <summary>Appends one event to a workflow that is there, and decides again where another change came between.</summary>
internal sealed class WorkflowChange(IDocumentStore store)
{
    private const int MaxTries = 10;

    /// <param name="decide">The event, from the workflow as it is now.</param>
    /// <returns>The workflow as it was changed, and the event.</returns>
    /// <exception cref="Platform.Problems.ProblemException">It is unknown, or not at the version that the caller saw.</exception>
    public Task<(Workflow Before, TEvent Event)> Append<TEvent>(ChangeRequest request, Func<Workflow, TEvent> decide, CancellationToken ct)
        where TEvent : notnull => Conflicts.TryAgain(() => Try(request, decide, ct), MaxTries);

    private async Task<(Workflow, TEvent)> Try<TEvent>(ChangeRequest request, Func<Workflow, TEvent> decide, CancellationToken ct)
        where TEvent : notnull
    {
        await using var session = store.LightweightSession();
        session.LastModifiedBy = request.Actor;
        session.CorrelationId = request.CorrelationId;
        var stream = await session.Events.FetchForWriting<Workflow>(Workflow.StreamOf(request.WorkflowId), ct);
        if (stream.Aggregate is not { IsDeleted: false } workflow)
        {
            throw WorkflowProblems.NotFound(request.WorkflowId);
        }

        if (!request.IfMatch.Allows(workflow.Version))
        {
            throw WorkflowProblems.Conflict(request.WorkflowId, workflow.Version);
        }

        var change = decide(workflow);
        stream.AppendOne(change);
        await session.SaveChangesAsync(ct);
        return (workflow, change);
    }
}

/// <summary>Who wants to change which workflow, and what they saw of it.</summary>
internal sealed record ChangeRequest(string WorkflowId, IfMatch IfMatch, string Actor, string CorrelationId);
