using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Http;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Outputs.Features;

internal static class ListOutputs
{
    public sealed record Query(string JobId, string? Format, Caller Caller) : IRequest<IResult>;

    public sealed record Response(string JobId, IReadOnlyList<OutputAnswer> Files);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/outputs/{jobId}", Get).WithName(nameof(ListOutputs)).WithTags("Outputs").Produces<Response>();

        private static Task<IResult> Get(string jobId, string? format, Caller caller, IMediator mediator, CancellationToken ct) =>
            mediator.Send(new Query(jobId, format, caller), ct);
    }

    public sealed class Validator : AbstractValidator<Query>
    {
        public Validator() => RuleFor(q => q.Format).Must(f => f is null or "json" or "zip").OverridePropertyName("format").WithMessage("must be zip, or json for the list");
    }

    public sealed class Handler(IJobOutputs jobs, IFileStore store) : IRequestHandler<Query, IResult>
    {
        public async Task<IResult> Handle(Query query, CancellationToken ct)
        {
            var files = await jobs.Find(query.JobId, query.Caller, ct);
            var jobId = Guid.Parse(query.JobId);
            return query.Format == "zip"
                ? new ZippedFiles(jobId.ToString(), files, store)
                : TypedResults.Ok(new Response(query.JobId, [.. files.Select(f => OutputAnswer.From(jobId, f))]));
        }
    }
}
