using Carter;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

/// <summary>What happened to a job, in words. Made from its events, which hold neither secrets nor paths of a host; prompts are left out.</summary>
internal static class GetJobLogs
{
    public sealed record Query(string JobId, Caller Caller) : IRequest<Response>;

    public sealed record Response(Guid JobId, IReadOnlyList<Line> Logs);

    /// <param name="Level"><c>info</c>, <c>warn</c> or <c>error</c>.</param>
    public sealed record Line(DateTimeOffset Time, string Level, string Message, string? NodeId, int Attempt);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}/logs", Get).WithName(nameof(GetJobLogs)).WithTags("Jobs");

        private static async Task<Ok<Response>> Get(string jobId, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(jobId, caller), ct));
    }

    public sealed class Handler(IQuerySession session) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            var attempt = 0;
            var lines = new List<Line>();
            foreach (var e in await session.Events.FetchStreamAsync(job.Id, token: ct))
            {
                attempt = e.Data is JobSubmitted submitted ? submitted.Attempt : attempt;
                lines.Add(LineOf(e.Data, e.Timestamp, attempt));
            }

            return new Response(job.Id, lines);
        }

        private static Line LineOf(object e, DateTimeOffset at, int attempt) => e switch
        {
            JobQueued queued => new(queued.At, "info", $"Queued with priority {queued.Priority}", null, attempt),
            JobSubmitted submitted => new(submitted.At, "info", $"Sent to {submitted.Backend} as prompt {submitted.PromptId}", null, attempt),
            JobStarted started => new(started.At, "info", "Started", null, attempt),
            JobNodeFinished node => new(node.At, "info", $"Node {node.NodeId} ({node.NodeType ?? "?"}) finished", node.NodeId, attempt),
            JobOutputStored stored => new(stored.At, "info", $"Stored {stored.Output.Filename}, {stored.Output.Size} bytes", stored.Output.NodeId, attempt),
            JobRequeued requeued => new(requeued.At, "warn", $"Queued again: {requeued.Reason.Code}: {requeued.Reason.Message}", requeued.Reason.NodeId, attempt),
            JobRecalled recalled => new(recalled.At, "info", recalled.Reason, null, attempt),
            JobCancelRequested requested => new(requested.At, "info", "Cancellation requested", null, attempt),
            JobCanceled canceled => new(canceled.At, "info", "Canceled", null, attempt),
            JobFailed failed => new(failed.At, "error", $"{failed.Error.Code}: {failed.Error.Message}", failed.Error.NodeId, attempt),
            JobSucceeded succeeded => new(succeeded.At, "info", "Succeeded", null, attempt),
            _ => new(at, "info", e.GetType().Name, null, attempt),
        };
    }
}
