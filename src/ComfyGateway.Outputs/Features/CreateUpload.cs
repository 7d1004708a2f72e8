using Carter;
using ComfyGateway.Outputs.Uploads;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

/// <summary>Takes a file that jobs may use as input: as a multipart form with one part <c>file</c>, or as the body itself.</summary>
internal static class CreateUpload
{
    public sealed record Command(Stream Content, string? Filename, Caller Caller) : IRequest<Response>;

    /// <param name="IsNew">False where this owner has sent the same bytes before.</param>
    public sealed record Response(Upload Upload, bool IsNew);

    public sealed record Answer(Guid UploadId, string Filename, string ContentType, long Size, string Sha256, string Url);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/uploads", Post).WithName(nameof(CreateUpload)).WithTags("Uploads");

        private static async Task<IResult> Post(HttpRequest request, Caller caller, GatewaySettings settings, IMediator mediator, CancellationToken ct)
        {
            try
            {
                var (content, filename) = await RequestFile.Open(request, settings.MaxUploadBytes, ct);
                var (upload, isNew) = await mediator.Send(new Command(content, filename, caller), ct);
                var answer = new Answer(upload.Id, upload.Filename, upload.ContentType, upload.Size, upload.Sha256, $"/uploads/{upload.Id}");
                return isNew ? TypedResults.Created(answer.Url, answer) : TypedResults.Ok(answer);
            }
            catch (FileRefusedException refused)
            {
                throw UploadProblems.Refused(refused);
            }
        }
    }

    public sealed class Handler(UploadIntake uploads) : IRequestHandler<Command, Response>
    {
        public async Task<Response> Handle(Command command, CancellationToken ct)
        {
            var file = await uploads.Receive(command.Content, command.Filename, ct);
            var (upload, isNew) = await uploads.Keep(file, command.Caller, ct);
            return new Response(upload, isNew);
        }
    }
}
