using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Platform.Problems;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

/// <summary>Ready is who can accept a job and keep it. No ComfyUI is needed for that: jobs wait.</summary>
internal static class GetReadiness
{
    public sealed record Query : IRequest<Response>;

    public sealed record Response(bool Ok);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/health/ready", Get).WithName(nameof(GetReadiness)).WithTags("Health").AllowAnonymous();

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    public sealed class Handler(DatabaseProbe database) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct) => await database.IsReachable(ct)
            ? new Response(true)
            : throw ProblemException.DatabaseAway("The database cannot be reached.");
    }
}
