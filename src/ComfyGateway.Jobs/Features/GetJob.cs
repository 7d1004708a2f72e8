using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class GetJob
{
    /// <summary>For the job as UTF-8 JSON.</summary>
    /// <param name="Wait">How many seconds to wait for its end.</param>
    public sealed record Query(string JobId, int Wait, Caller Caller) : IRequest<ReadOnlyMemory<byte>>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}", Get).WithName(nameof(GetJob)).WithTags("Jobs").Produces<JobAnswer>();

        private static async Task<IResult> Get(string jobId, string? wait, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Bytes(await mediator.Send(new Query(jobId, JobWait.Seconds(wait), caller), ct), "application/json; charset=utf-8");
    }

    public sealed class Handler(IDocumentStore store, IJobQueue queue, JobWait waiting, EndedJobs ended) : IRequestHandler<Query, ReadOnlyMemory<byte>>
    {
        public async Task<ReadOnlyMemory<byte>> Handle(Query query, CancellationToken ct)
        {
            if (Guid.TryParse(query.JobId, out var jobId) && ended.Find(jobId, query.Caller) is { } known)
            {
                return known;
            }

            await using var session = store.QuerySession();
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            if (query.Wait > 0 && !job.HasEnded)
            {
                job = await waiting.ForEnd(job.Id, query.Wait, ct) ?? job;
            }

            var live = await queue.Live([job], ct);
            return ended.Write(job, live.GetValueOrDefault(job.Id));
        }
    }
}
