using Carter;
using ComfyGateway.Workflows.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

internal static class ListWorkflows
{
    /// <param name="Search">Part of an id, name or description, in any case.</param>
    public sealed record Query(string? Search) : IRequest<Response>;

    public sealed record Response(IReadOnlyList<WorkflowSummary> Workflows);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/workflows", Get).WithName(nameof(ListWorkflows)).WithTags("Workflows");

        private static async Task<Ok<Response>> Get(string? search, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(search), ct));
    }

    public sealed class Handler(IWorkflowCatalog catalog) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var all = await catalog.List(ct);
            return new Response(query.Search is { } search ? [.. all.Where(w => Matches(w, search))] : all);
        }

        private static bool Matches(WorkflowSummary workflow, string search) =>
            new[] { workflow.Id, workflow.Name, workflow.Description }.Any(text => text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true);
    }
}
