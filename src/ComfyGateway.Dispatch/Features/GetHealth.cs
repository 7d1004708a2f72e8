using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Outputs.Contracts;
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

    /// <param name="Ok">Work can be accepted and done: the database and a backend answer, and outputs can be kept.</param>
    /// <param name="Uptime">In seconds.</param>
    public sealed record Response(
        bool Ok, string Version, double Uptime, ComfyUi Comfyui, IReadOnlyList<BackendHealth> Backends, Database Database, Waiting Queue, Storage Storage);

    /// <summary>The pool in the shape of one server, for clients that know only one.</summary>
    public sealed record ComfyUi(bool Reachable, string Url, int Models);

    public sealed record BackendHealth(
        string Id, string Url, bool Reachable, int Slots, int Busy, int QueueDepth, IReadOnlyList<string> LoadedModels, string? LastError);

    public sealed record Database(bool Reachable);

    /// <param name="Problem">Why outputs cannot be kept, and what to do; null where they can.</param>
    public sealed record Storage(string Provider, bool Writable, string? Problem);

    public sealed record Waiting(long Queued, long Running);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/health", Get).WithName(nameof(GetHealth)).WithTags("Health").AllowAnonymous();

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    /// <summary>What this process counts by itself.</summary>
    public sealed record HealthFigures(GatewayProcess Process, QueueDepth Depth);

    public sealed class Handler(BackendPool pool, DatabaseProbe database, IStoreWatch outputs, GatewaySettings settings, HealthFigures figures)
        : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var reachable = await database.IsReachable(ct);
            var storage = await outputs.Look(ct);
            var backends = pool.All.Select(Answer).ToArray();
            var first = pool.All.FirstOrDefault(b => b.State.Reachable) ?? (pool.All is [var any, ..] ? any : null);
            return new Response(
                reachable && first is { State.Reachable: true } && storage.IsWritable,
                figures.Process.Version,
                Math.Round(figures.Process.Uptime.TotalSeconds, 3),
                new ComfyUi(first is { State.Reachable: true }, first?.Url.Masked() ?? "", first?.State.Inventory.Models ?? 0),
                backends,
                new Database(reachable),
                new Waiting(figures.Depth.Queued, figures.Depth.Running),
                new Storage(settings.StorageProvider.ToString().ToLowerInvariant(), storage.IsWritable, storage.Problem));
        }

        private BackendHealth Answer(Backend backend) => new(
            backend.Id, backend.Url.Masked(), backend.State.Reachable, backend.Slots, figures.Depth.WorkingOf(backend), backend.State.QueueDepth, backend.Loaded.Models,
            backend.Circuit.Reason ?? backend.State.LastError);
    }
}
