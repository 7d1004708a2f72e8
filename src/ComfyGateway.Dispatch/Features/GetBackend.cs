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

internal static class GetBackend
{
    public sealed record Query(string Id) : IRequest<BackendAnswer>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/admin/backends/{id}", Get).WithName(nameof(GetBackend)).WithTags("Administration").RequireAuthorization(Policies.Admin);

        private static async Task<Ok<BackendAnswer>> Get(string id, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(id), ct));
    }

    public sealed class Handler(BackendPool pool, QueueDepth depth) : IRequestHandler<Query, BackendAnswer>
    {
        public Task<BackendAnswer> Handle(Query query, CancellationToken ct) =>
            Task.FromResult(BackendAnswer.From(pool.Find(query.Id) ?? throw BackendProblems.NotFound(query.Id), depth));
    }
}
