using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class GetJob
{
    public sealed record Query(string JobId, Caller Caller) : IRequest<JobAnswer>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}", Get).WithName(nameof(GetJob)).WithTags("Jobs");

        private static async Task<Ok<JobAnswer>> Get(string jobId, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(jobId, caller), ct));
    }

    public sealed class Handler(IQuerySession session, IJobQueue queue) : IRequestHandler<Query, JobAnswer>
    {
        public async Task<JobAnswer> Handle(Query query, CancellationToken ct)
        {
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            var live = job.Status is JobStatus.Queued or JobStatus.Running ? await queue.Live([job.Id], ct) : null;
            return JobAnswer.From(job, live?.GetValueOrDefault(job.Id));
        }
    }
}
