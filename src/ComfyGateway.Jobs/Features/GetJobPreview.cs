using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class GetJobPreview
{
    public sealed record Query(string JobId, Caller Caller) : IRequest<LivePreview>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}/preview", Get).WithName(nameof(GetJobPreview)).WithTags("Jobs");

        private static async Task<IResult> Get(string jobId, Caller caller, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var preview = await mediator.Send(new Query(jobId, caller), ct);
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.Bytes(preview.Image, preview.ContentType);
        }
    }

    public sealed class Handler(IQuerySession session, IJobQueue queue) : IRequestHandler<Query, LivePreview>
    {
        public async Task<LivePreview> Handle(Query query, CancellationToken ct)
        {
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            // Another gateway's word of a run outlives the run for some seconds.
            return (job.Status == JobStatus.Running ? await queue.Preview(job.Id, ct) : null)
                ?? throw new ProblemException(ProblemCode.NotFound, "There is no preview: the job does not run, or its workflow tells none.");
        }
    }
}
