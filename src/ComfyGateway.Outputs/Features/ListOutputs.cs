using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

internal static class ListOutputs
{
    public sealed record Query(string JobId, Caller Caller) : IRequest<Response>;

    public sealed record Response(string JobId, IReadOnlyList<OutputAnswer> Files);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/outputs/{jobId}", Get).WithName(nameof(ListOutputs)).WithTags("Outputs");

        private static async Task<Ok<Response>> Get(string jobId, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(jobId, caller), ct));
    }

    public sealed class Handler(IJobOutputs jobs) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var files = await jobs.Find(query.JobId, query.Caller, ct);
            return new Response(query.JobId, [.. files.Select(f => OutputAnswer.From(Guid.Parse(query.JobId), f))]);
        }
    }
}
