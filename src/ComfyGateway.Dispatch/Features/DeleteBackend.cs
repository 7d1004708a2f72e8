using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Platform.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

/// <summary>
/// Takes a backend out of the pool, also one that the settings name: it stays out until it is added again. What runs there is followed
/// to its end.
/// </summary>
internal static class DeleteBackend
{
    public sealed record Command(string Id, Caller Caller) : IRequest;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapDelete("/admin/backends/{id}", Delete).WithName(nameof(DeleteBackend)).WithTags("Administration").RequireAuthorization(Policies.Admin);

        private static async Task<NoContent> Delete(string id, Caller caller, IMediator mediator, CancellationToken ct)
        {
            await mediator.Send(new Command(id, caller), ct);
            return TypedResults.NoContent();
        }
    }

    public sealed class Handler(BackendChange change) : IRequestHandler<Command>
    {
        public async Task<Unit> Handle(Command command, CancellationToken ct)
        {
            await change.Decide(command.Id, now => new BackendRemoved(command.Id, now), command.Caller, ct);
            return Unit.Value;
        }
    }
}
