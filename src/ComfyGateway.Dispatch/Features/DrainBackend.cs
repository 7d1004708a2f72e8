using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

/// <summary>Gives a backend no more jobs. What runs there runs on; what waits behind it goes to others.</summary>
internal static class DrainBackend
{
    public sealed record Command(string Id, Caller Caller) : IRequest<BackendAnswer>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/admin/backends/{id}/drain", Post).WithName(nameof(DrainBackend)).WithTags("Administration").RequireAuthorization(Policies.Admin);

        private static async Task<Ok<BackendAnswer>> Post(string id, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Command(id, caller), ct));
    }

    public sealed class Handler(BackendChange change, QueueDepth depth) : IRequestHandler<Command, BackendAnswer>
    {
        public async Task<BackendAnswer> Handle(Command command, CancellationToken ct) => BackendAnswer.From(
            await change.Decide(command.Id, now => new BackendDrained(command.Id, now), command.Caller, ct) ?? throw BackendProblems.NotFound(command.Id), depth);
    }
}
