using Carter;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

internal static class GetWorkflow
{
    public sealed record Query(string Id) : IRequest<Response>;

    public sealed record Response(WorkflowAnswer Workflow);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/workflows/{id}", Get).WithName(nameof(GetWorkflow)).WithTags("Workflows");

        private static async Task<Ok<Response>> Get(string id, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var response = await mediator.Send(new Query(id), ct);
            http.Response.Headers.ETag = $"\"{response.Workflow.Version}\"";
            return TypedResults.Ok(response);
        }
    }

    public sealed class Handler(IQuerySession session, INodeCatalogs catalogs) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var workflow = await session.LoadAsync<Workflow>(Workflow.StreamOf(query.Id), ct);
            return workflow is null or { IsDeleted: true }
                ? throw WorkflowProblems.NotFound(query.Id)
                : new Response(WorkflowAnswer.From(workflow, new NodeKnowledge(catalogs.All)));
        }
    }
}
