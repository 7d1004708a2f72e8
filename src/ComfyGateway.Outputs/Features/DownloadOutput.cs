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

namespace ComfyGateway.Outputs.Features;

internal static class DownloadOutput
{
    public sealed record Options(string? Format, string? Redirect);

    public sealed record Query(string JobId, string File, Options Options, Caller Caller) : IRequest<IResult>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapMethods("/outputs/{jobId}/{file}", [HttpMethods.Get, HttpMethods.Head], Get).WithName(nameof(DownloadOutput)).WithTags("Outputs");

        private static Task<IResult> Get(
            string jobId, string file, [AsParameters] Options options, Caller caller, IMediator mediator, CancellationToken ct) =>
            mediator.Send(new Query(jobId, file, options, caller), ct);
    }

    public sealed class Validator : AbstractValidator<Query>
    {
        public Validator()
        {
            RuleFor(q => q.Options.Format).Must(f => f is null or "base64").OverridePropertyName("format").WithMessage("must be base64");
            RuleFor(q => q.Options.Redirect).Must(r => r is null or "true" or "false").OverridePropertyName("redirect").WithMessage("must be true or false");
            RuleFor(q => q.Options.Redirect).Must((q, r) => r != "true" || q.Options.Format != "base64").OverridePropertyName("redirect")
                .WithMessage("gives the file itself, which cannot be base64");
        }
    }

    public sealed class Handler(IJobOutputs jobs, IFileStore store) : IRequestHandler<Query, IResult>
    {
        public async Task<IResult> Handle(Query query, CancellationToken ct)
        {
            // The name only chooses among what the job recorded; the path is the record's.
            var files = await jobs.Find(query.JobId, query.Caller, ct);
            var output = files.FirstOrDefault(f => f.Filename == query.File) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            if (query.Options.Redirect == "true")
            {
                return await Redirect(output);
            }

            if (query.Options.Format is null && store.PathOnDisk(output.StoragePath) is { } path)
            {
                return new ServedFile(output, path, content: null);
            }

            var content = await store.Open(output.StoragePath, ct) ?? throw OutputProblems.NotFound(query.JobId, query.File);
            return query.Options.Format is null ? new ServedFile(output, path: null, content) : new Base64File(output, content);
        }

        private async Task<IResult> Redirect(JobOutput output)
        {
            var link = await store.Link(output.StoragePath, new LinkedFile(output.ContentType, ServedFile.DispositionOf(output)));
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
