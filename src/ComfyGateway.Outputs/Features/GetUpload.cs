using Carter;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Uploads;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

internal static class GetUpload
{
    public sealed record Query(string Id, Caller Caller) : IRequest<Response>;

    public sealed record Response(Upload Upload, Stream Content);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapMethods("/uploads/{id}", [HttpMethods.Get, HttpMethods.Head], Get).WithName(nameof(GetUpload)).WithTags("Uploads");

        private static async Task<IResult> Get(string id, Caller caller, IMediator mediator, CancellationToken ct)
        {
            var (upload, content) = await mediator.Send(new Query(id, caller), ct);
            return new ServedFile(KnownFile.Of(upload), content);
        }
    }

    public sealed class Handler(IQuerySession session, IFileStore store) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var upload = await session.FindUpload(query.Id, query.Caller, ct) ?? throw UploadProblems.NotFound(query.Id);
            var content = await store.Open(upload.StoragePath, ct) ?? throw UploadProblems.NotFound(query.Id);
            return new Response(upload, content);
        }
    }
}
