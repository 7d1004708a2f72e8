using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Workflows.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

/// <summary>Shows what a job with these values would send to ComfyUI.</summary>
internal static class RenderWorkflow
{
    public sealed record Body(Dictionary<string, JsonElement>? Inputs = null, Dictionary<string, JsonElement>? Params = null);

    public sealed record Query(string Id, Body Body, Caller Caller) : IRequest<Response>;

    /// <param name="Inputs">All values, defaults and a seed drawn for this answer included.</param>
    public sealed record Response(JsonElement Prompt, IReadOnlyDictionary<string, JsonElement> Inputs);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/workflows/{id}/render", Post).WithName(nameof(RenderWorkflow)).WithTags("Workflows");

        private static async Task<Ok<Response>> Post(string id, Body body, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(id, body, caller), ct));
    }

    public sealed class Handler(IWorkflowCatalog catalog, IInputFiles files) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var resolved = await catalog.Resolve(query.Id, new JobInputs(query.Body.Inputs ?? [], query.Body.Params ?? []), ct);
            var found = await files.Look(resolved.Images, query.Caller, ct);
            var named = resolved.Inputs.With(found.Select(f => KeyValuePair.Create(f.Key, f.Value.Name)));
            var prompt = await catalog.Render(query.Id, resolved.Version, named, ct);
            return new Response(JsonElement.Parse(prompt.Span), resolved.Inputs);
        }
    }
}
