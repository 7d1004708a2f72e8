using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

internal static class GetCapabilities
{
    public sealed record Query : IRequest<Response>;

    /// <param name="MaxSize">Largest width or height, in pixels.</param>
    /// <param name="NodeTypes">Node classes of the backend that has most.</param>
    public sealed record Response(
        IReadOnlyList<WorkflowAnswer> Workflows, int MaxSize, int MaxBatch, IReadOnlyList<string> Formats, string StorageProvider,
        ModelsAnswer Models, int NodeTypes, LimitsAnswer Limits);

    public sealed record WorkflowAnswer(string Id, string Name, string? Description, int Version);

    public sealed record ModelsAnswer(IReadOnlyList<string> Checkpoints, IReadOnlyList<string> Loras, IReadOnlyList<string> Vae);

    public sealed record LimitsAnswer(int MaxQueueDepth, int MaxWorkflowNodes, int TimeoutMs, int MaxUserPriority, long MaxBodyBytes);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/capabilities", Get).WithName(nameof(GetCapabilities)).WithTags("Health");

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    public sealed class Handler(BackendPool pool, IWorkflowCatalog workflows, GatewaySettings settings) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var inventories = pool.All.Select(b => b.State.Inventory).ToArray();
            return new Response(
                [.. (await workflows.List(ct)).Select(w => new WorkflowAnswer(w.Id, w.Name, w.Description, w.Version))],
                settings.MaxImageSize, settings.MaxBatchSize, OutputWish.Formats, settings.StorageProvider.ToString().ToLowerInvariant(),
                new ModelsAnswer(Union(inventories, i => i.Checkpoints), Union(inventories, i => i.Loras), Union(inventories, i => i.Vae)),
                inventories.Select(i => i.NodeTypes).DefaultIfEmpty().Max(),
                new LimitsAnswer(
                    settings.MaxQueueDepth, settings.MaxWorkflowNodes, settings.ComfyUiTimeoutMs, settings.MaxUserPriority, RequestLimits.MaxBodyBytes));
        }

        private static string[] Union(BackendInventory[] inventories, Func<BackendInventory, IReadOnlyList<string>> part) =>
            [.. inventories.SelectMany(part).Distinct().Order(StringComparer.Ordinal)];
    }
}
