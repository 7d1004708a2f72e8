using Carter;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

/// <summary>Answers while the process runs, whatever else is away: a restart would not bring a database back.</summary>
internal static class GetLiveness
{
    public sealed record Response(bool Ok);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/health/live", Get).WithName(nameof(GetLiveness)).WithTags("Health").AllowAnonymous();

        private static Ok<Response> Get() => TypedResults.Ok(new Response(true));
    }
}
