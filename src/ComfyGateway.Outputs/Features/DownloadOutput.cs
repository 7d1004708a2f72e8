using Carter;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Outputs.Features;

internal static class DownloadOutput
{
    public sealed record Query(string JobId, string File, string? Format, Caller Caller) : IRequest<Response>;

    public sealed record Response(JobOutput Output, DateTimeOffset StoredAt, Stream Content);

    public sealed class Endpoint : ICarterModule
    {
        // What a browser would run, were it served inline from the gateway's own origin.
        private static readonly HashSet<string> Active = ["image/svg+xml", "text/html", "application/xhtml+xml", "application/xml", "text/xml"];

        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapMethods("/outputs/{jobId}/{file}", [HttpMethods.Get, HttpMethods.Head], Get).WithName(nameof(DownloadOutput)).WithTags("Outputs");

        private static async Task<IResult> Get(
            string jobId, string file, string? format, Caller caller, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var (output, storedAt, content) = await mediator.Send(new Query(jobId, file, format, caller), ct);
            var headers = http.Response.Headers;
            headers.CacheControl = "private, max-age=31536000, immutable";
            headers.XContentTypeOptions = "nosniff";
            if (format is not null)
            {
                return new Base64File(output, content);
            }

            var disposition = new ContentDispositionHeaderValue(Active.Contains(output.ContentType) ? "attachment" : "inline");
            disposition.SetHttpFileName(output.Filename);
            headers.ContentDisposition = disposition.ToString();
            var served = TypedResults.Stream(
                content, output.ContentType, lastModified: storedAt, entityTag: new EntityTagHeaderValue($"\"{output.Sha256}\""), enableRangeProcessing: true);
            await served.ExecuteAsync(http);
            if (http.Response.StatusCode == StatusCodes.Status416RangeNotSatisfiable)
            {
                BecomeError(http.Response);
            }

            return TypedResults.Empty;
        }

        // Without a type and length of its own it is given the body of all errors; what was said of the file is not true of that.
        private static void BecomeError(HttpResponse response)
        {
            (response.ContentType, response.ContentLength) = (null, null);
            response.Headers.CacheControl = response.Headers.ContentDisposition = response.Headers.ETag = response.Headers.LastModified = default;
        }
    }

    public sealed class Validator : AbstractValidator<Query>
    {
        public Validator() => RuleFor(q => q.Format).Must(f => f is null or "base64").OverridePropertyName("format").WithMessage("must be base64");
    }

    public sealed class Handler(IJobOutputs jobs, IFileStore store) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            // The name only chooses among what the job recorded; the path is the record's.
            var files = await jobs.Find(query.JobId, query.Caller, ct);
            var output = files.FirstOrDefault(f => f.Filename == query.File) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            var content = await store.Open(output.StoragePath, ct) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            return new Response(output, output.StoredAt, content);
        }
    }
}
