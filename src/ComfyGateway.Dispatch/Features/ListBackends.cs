using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

internal static class ListBackends
{
    public sealed record Query : IRequest<Response>;

    public sealed record Response(IReadOnlyList<BackendAnswer> Backends);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/admin/backends", Get).WithName(nameof(ListBackends)).WithTags("Administration").RequireAuthorization(Policies.Admin);

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    public sealed class Handler(BackendPool pool, QueueDepth depth) : IRequestHandler<Query, Response>
    {
        public Task<Response> Handle(Query query, CancellationToken ct) =>
            Task.FromResult(new Response([.. pool.All.Select(b => BackendAnswer.From(b, depth))]));
    }
}
