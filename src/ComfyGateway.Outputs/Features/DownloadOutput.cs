using Carter;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

internal static class DownloadOutput
{
    public sealed record Query(string JobId, string File, DownloadOptions Options, Caller Caller) : IRequest<IResult>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapMethods("/outputs/{jobId}/{file}", [HttpMethods.Get, HttpMethods.Head], Get).WithName(nameof(DownloadOutput)).WithTags("Outputs");

        private static Task<IResult> Get(
            string jobId, string file, [AsParameters] DownloadOptions options, Caller caller, IMediator mediator, CancellationToken ct) =>
            mediator.Send(new Query(jobId, file, options, caller), ct);
    }

    public sealed class Validator : AbstractValidator<Query>
    {
        private static readonly DownloadOptionsRules Rules = new();

        // Not SetValidator, which would name the members "options.…".
        public Validator() => RuleFor(q => q.Options).Custom((options, context) => Rules.Validate(options).Errors.ForEach(context.AddFailure));
    }

    public sealed class Handler(IJobOutputs jobs, IFileStore store, ConvertedImages converted) : IRequestHandler<Query, IResult>
    {
        public async Task<IResult> Handle(Query query, CancellationToken ct)
        {
            var output = await Find(query, ct);
            if (query.Options.Redirect == "true")
            {
                return await Redirect(output);
            }

            var content = await store.Open(output.StoragePath, ct) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            return query.Options.IsBase64 ? new Base64File(output, content) : new ServedFile(KnownFile.Of(output), content);
        }

        /// <summary>The file that is asked for, converted if so.</summary>
        private async Task<JobOutput> Find(Query query, CancellationToken ct)
        {
            // The name only chooses among what the job recorded; the path is the record's.
            var files = await jobs.Find(query.JobId, query.Caller, ct);
            var output = files.FirstOrDefault(f => f.Filename == query.File) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            if (query.Options.RenditionOf(output) is not { } rendition)
            {
                return output;
            }

            try
            {
                return await converted.Make(Guid.Parse(query.JobId), output, rendition, ct) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            }
            catch (UnreadableImageException exception)
            {
                throw ProblemException.Invalid("format", $"cannot be had of this file: {exception.Message}");
            }
        }

        private async Task<IResult> Redirect(JobOutput output)
        {
            var link = await store.Link(output.StoragePath, new LinkedFile(output.ContentType, ServedFile.DispositionOf(KnownFile.Of(output))));
            return link is not null
                ? new LinkedAway(link)
                : throw ProblemException.Invalid("redirect", "is possible only where outputs are kept in S3");
        }
    }

    /// <summary>302. Not to be kept: the link is good for some minutes.</summary>
    private sealed class LinkedAway(Uri link) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status302Found;
            (httpContext.Response.Headers.Location, httpContext.Response.Headers.CacheControl) = (link.AbsoluteUri, "no-store");
            return Task.CompletedTask;
        }
    }
}
