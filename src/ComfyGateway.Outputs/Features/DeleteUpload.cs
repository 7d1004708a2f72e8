using Carter;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Uploads;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

/// <summary>Takes an upload out of use at once. Its bytes go too, unless an accepted job still needs them; then with that job's end.</summary>
internal static class DeleteUpload
{
    public sealed record Command(string Id, Caller Caller) : IRequest;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapDelete("/uploads/{id}", Delete).WithName(nameof(DeleteUpload)).WithTags("Uploads");

        private static async Task<NoContent> Delete(string id, Caller caller, IMediator mediator, CancellationToken ct)
        {
            await mediator.Send(new Command(id, caller), ct);
            return TypedResults.NoContent();
        }
    }

    public sealed class Handler(IDocumentSession session, IFileStore store, UploadUses uses, TimeProvider clock) : IRequestHandler<Command>
    {
        public async Task<Unit> Handle(Command command, CancellationToken ct)
        {
            var (id, caller) = command;
            var upload = await session.FindUpload(id, caller, ct) ?? throw UploadProblems.NotFound(id);
            (session.LastModifiedBy, session.CorrelationId) = (caller.Owner, caller.CorrelationId);
            var stream = await session.Events.FetchForWriting<Upload>(upload.Id, ct);
            stream.AppendOne(new UploadDeleted(clock.GetUtcNow()));
            try
            {
                await session.SaveChangesAsync(ct);
            }
            catch (Exception exception) when (DatabaseFailure.IsConflict(exception))
            {
                throw UploadProblems.NotFound(id);
            }

            if (!await uses.IsNeeded(upload.Id, ct))
            {
                await store.Delete(upload.StoragePath, ct);
            }

            return Unit.Value;
        }
    }
}
