using Carter;
using JasperFx.Events;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

internal static class ListWorkflowVersions
{
    public sealed record Query(string Id) : IRequest<Response>;

    /// <param name="Versions">Oldest first.</param>
    public sealed record Response(IReadOnlyList<VersionAnswer> Versions);

    /// <param name="Actor">The owner who made it, or <c>system</c>.</param>
    public sealed record VersionAnswer(long Version, DateTimeOffset At, string? Actor, Change Change);

    public enum Change { Registered, Updated, Deleted }

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/workflows/{id}/versions", Get).WithName(nameof(ListWorkflowVersions)).WithTags("Workflows");

        private static async Task<Ok<Response>> Get(string id, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(id), ct));
    }

    public sealed class Handler(IQuerySession session) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var events = await session.Events.FetchStreamAsync(Workflow.StreamOf(query.Id), token: ct);
            return events.Count == 0 || events[^1].Data is WorkflowDeleted
                ? throw WorkflowProblems.NotFound(query.Id)
                : new Response([.. events.Select(Answer)]);
        }

        private static VersionAnswer Answer(IEvent e)
        {
            var (at, change) = e.Data switch
            {
                WorkflowRegistered registered => (registered.At, Change.Registered),
                WorkflowUpdated updated => (updated.At, Change.Updated),
                WorkflowDeleted deleted => (deleted.At, Change.Deleted),
                _ => throw new InvalidOperationException($"An event of a workflow that is no version: {e.EventTypeName}."),
            };
            return new VersionAnswer(e.Version, at, e.UserName, change);
        }
    }
}
