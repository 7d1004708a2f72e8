using Carter;
using ComfyGateway.Platform.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

/// <summary>Takes an id out of use. Its versions stay, for the jobs that were accepted with them.</summary>
internal static class DeleteWorkflow
{
    public sealed record Command(ChangeRequest Change) : IRequest;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapDelete("/workflows/{id}", Delete).WithName(nameof(DeleteWorkflow)).WithTags("Workflows").RequireAuthorization(Policies.Admin);

        private static async Task<NoContent> Delete(string id, Caller caller, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var change = new ChangeRequest(id, new IfMatch(http.Request.Headers.IfMatch), caller.Owner, caller.CorrelationId);
            await mediator.Send(new Command(change), ct);
            return TypedResults.NoContent();
        }
    }

    public sealed class Handler(WorkflowChange workflows, TimeProvider clock) : IRequestHandler<Command>
    {
        public async Task<Unit> Handle(Command command, CancellationToken ct)
        {
            await workflows.Append(command.Change, _ => new WorkflowDeleted(clock.GetUtcNow()), ct);
            return Unit.Value;
        }
    }
}
