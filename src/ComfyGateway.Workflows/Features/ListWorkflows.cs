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
    public sealed record Query : IRequest<Response>;

    public sealed record Response(IReadOnlyList<WorkflowSummary> Workflows);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/workflows", Get).WithName(nameof(ListWorkflows)).WithTags("Workflows");

        private static async Task<Ok<Response>> Get(IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(), ct));
    }

    public sealed class Handler(IWorkflowCatalog catalog) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct) => new(await catalog.List(ct));
    }
}
