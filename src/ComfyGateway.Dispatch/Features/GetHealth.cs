using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Settings;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

internal static class GetHealth
{
    public sealed record Query : IRequest<Response>;

    /// <param name="Ok">Work can be accepted and done: the database and a backend answer.</param>
    /// <param name="Uptime">In seconds.</param>
    public sealed record Response(
        bool Ok, string Version, double Uptime, ComfyUi Comfyui, IReadOnlyList<BackendHealth> Backends, Database Database, Waiting Queue);

    /// <summary>The pool in the shape of one server, for clients that know only one.</summary>
    public sealed record ComfyUi(bool Reachable, string Url, int Models);

    public sealed record BackendHealth(
        string Id, string Url, bool Reachable, int Slots, int Busy, int QueueDepth, IReadOnlyList<string> LoadedModels, string? LastError);

    public sealed record Database(bool Reachable);

    public sealed record Waiting(long Queued, long Running);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/health", Get).WithName(nameof(GetHealth)).WithTags("Health").AllowAnonymous();

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    public sealed class Handler(BackendPool pool, DatabaseProbe database, QueueDepth depth, GatewayProcess process)
        : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var reachable = await database.IsReachable(ct);
            var backends = pool.All.Select(Answer).ToArray();
            var first = pool.All.FirstOrDefault(b => b.State.Reachable) ?? (pool.All is [var any, ..] ? any : null);
            return new Response(
                reachable && first is { State.Reachable: true },
                process.Version,
                Math.Round(process.Uptime.TotalSeconds, 3),
                new ComfyUi(first is { State.Reachable: true }, first?.Url.Masked() ?? "", first?.State.Inventory.Models ?? 0),
                backends,
                new Database(reachable),
                new Waiting(depth.Waiting, depth.Running));
        }

        private BackendHealth Answer(Backend backend) => new(
            backend.Id, backend.Url.Masked(), backend.State.Reachable, backend.Slots, backend.Busy, backend.State.QueueDepth, backend.LoadedModels,
            backend.Circuit.Reason ?? backend.State.LastError);
    }
}
