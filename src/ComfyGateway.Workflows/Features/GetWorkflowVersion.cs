using System.Globalization;
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

/// <summary>A workflow as it was in one of its versions.</summary>
internal static class GetWorkflowVersion
{
    public sealed record Query(string Id, string Version) : IRequest<Response>;

    public sealed record Response(WorkflowAnswer Workflow);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/workflows/{id}/versions/{version}", Get).WithName(nameof(GetWorkflowVersion)).WithTags("Workflows");

        private static async Task<Ok<Response>> Get(string id, string version, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var response = await mediator.Send(new Query(id, version), ct);
            http.Response.Headers.ETag = $"\"{response.Workflow.Version}\"";
            return TypedResults.Ok(response);
        }
    }

    public sealed class Handler(IQuerySession session, INodeCatalogs catalogs) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var current = await session.LoadAsync<Workflow>(Workflow.StreamOf(query.Id), ct);
            if (current is null or { IsDeleted: true })
            {
                throw WorkflowProblems.NotFound(query.Id);
            }

            // Beyond its end a stream would give its last state.
            var exists = int.TryParse(query.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version >= 1 && version <= current.Version;
            var then = exists ? await session.Events.AggregateStreamAsync<Workflow>(current.Id, version, token: ct) : null;
            return then is null or { IsDeleted: true }
                ? throw WorkflowProblems.NoVersion(query.Id, query.Version)
                : new Response(WorkflowAnswer.From(then, new NodeKnowledge(catalogs.All)));
        }
    }
}
