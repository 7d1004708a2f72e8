using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class CancelJob
{
    public sealed record Command(string JobId, Caller Caller) : IRequest<Response>;

    /// <param name="Status"><c>canceled</c> where the job had not begun, else <c>running</c> until ComfyUI has stopped it.</param>
    public sealed record Response(Guid JobId, JobStatus Status, string Message);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/jobs/{jobId}/cancel", Post).WithName(nameof(CancelJob)).WithTags("Jobs");

        private static async Task<Accepted<Response>> Post(string jobId, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Accepted((string?)null, await mediator.Send(new Command(jobId, caller), ct));
    }

    public sealed class Handler(IDocumentStore store, IJobQueue queue, JobChanges changes, IMediator mediator, TimeProvider clock) : IRequestHandler<Command, Response>
    {
        // The slot that has the job writes to its stream too; one of the two then decides again.
        private const int MaxTries = 10;

        public Task<Response> Handle(Command command, CancellationToken ct) => Conflicts.TryAgain(() => Try(command, ct), MaxTries);

        private async Task<Response> Try(Command command, CancellationToken ct)
        {
            await using var session = store.LightweightSession();
            session.LastModifiedBy = command.Caller.Owner;
            session.CorrelationId = command.Caller.CorrelationId;
            var view = await session.FindJob(command.JobId, command.Caller, ct);

            await session.BeginTransactionAsync(ct);
            var waits = await queue.Withhold(session, view.Id, ct);
            var stream = await session.Events.FetchForWriting<Job>(view.Id, ct);
            var job = stream.Aggregate!;
            if (job.IsFinished)
            {
                throw JobProblems.NotCancelable(job.Id, job.Status);
            }

            object[] events = [.. waits ? job.Cancel(clock.GetUtcNow()) : job.RequestCancel(command.Caller.Owner, clock.GetUtcNow())];
            stream.AppendMany(events);
            if (waits)
            {
                await mediator.Publish(new JobsEnding(session.Statements(), [new(job, events[^1])]), ct);
            }

            await session.SaveChangesAsync(ct);
            changes.Raise(job.Id);
            INotification news = waits ? new WaitingJobEnded(job.Id) : new JobCancelNoted(job.Id);
            await mediator.Publish(news, ct);
            return new Response(job.Id, waits ? JobStatus.Canceled : JobStatus.Running, "Cancellation requested");
        }
    }
}
