using System.Text.Json;
using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class CreateJob
{
    public sealed record Body(
        string? WorkflowId = null, JsonElement? Workflow = null,
        Dictionary<string, JsonElement>? Inputs = null, Dictionary<string, JsonElement>? Params = null,
        int Priority = 0, int? TimeoutMs = null, bool Cache = true, JsonElement? Metadata = null, OutputWish? Output = null);

    public sealed record Command(Body Body, Caller Caller) : IRequest<Response>;

    public sealed record Response(
        Guid JobId, JobStatus Status, int? EtaSeconds, int? Position, string PollUrl, string EventsUrl, string CancelUrl);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/jobs", Post).WithName(nameof(CreateJob)).WithTags("Jobs").Produces<Response>(StatusCodes.Status202Accepted);

        private static async Task<IResult> Post(
            Body body, Caller caller, HttpContext http, IMediator mediator, IJobQueue queue, JobWait waiting, EndedJobs ended, GatewaySettings settings,
            CancellationToken ct)
        {
            // First of all, and not by an exception: whoever is flooded must not pay more for a refusal than for a job.
            if (queue.FullFor(jobs: 1) is { } full)
            {
                return new Refusal(JobProblems.QueueFull(settings.MaxQueueDepth, full));
            }

            var response = await mediator.Send(new Command(body, caller), ct);
            http.LogsJob(response.JobId);
            if (JobWait.Preferred(http.Request.Headers["Prefer"]) is > 0 and var seconds)
            {
                http.Response.Headers["Preference-Applied"] = $"wait={seconds}";
                if (await waiting.ForEnd(response.JobId, seconds, ct) is { } job)
                {
                    if (job.HasEnded)
                    {
                        return TypedResults.Bytes(ended.Write(job), "application/json; charset=utf-8");
                    }

                    // As it is now, and not as it was when the wait began.
                    var place = (await queue.Places([OpenJobs.Of(job)], ct)).GetValueOrDefault(job.Id);
                    response = response with { Status = job.Status, EtaSeconds = place?.EtaSeconds, Position = job.Status == JobStatus.Queued ? place?.Position : null };
                }
            }

            return new WholeJson<Response>(response, StatusCodes.Status202Accepted, response.PollUrl);
        }
    }

    public sealed class Validator : AbstractValidator<Command>
    {
        private const int MaxMetadataBytes = 16 * 1024;

        public Validator(GatewaySettings settings)
        {
            RuleFor(c => c.Body.WorkflowId).Must((c, id) => id is null != c.Body.Workflow is null).OverridePropertyName("workflowId")
                .WithMessage("is required, unless \"workflow\" carries the graph itself; never both");
            RuleFor(c => c.Body.Priority).InclusiveBetween(-100, 100).OverridePropertyName("priority")
                .WithMessage("must be from -100 to 100");
            RuleFor(c => c.Body.Priority).Must((c, p) => c.Caller.IsAdmin || p <= settings.MaxUserPriority).OverridePropertyName("priority")
                .WithMessage($"must be at most {settings.MaxUserPriority} for users");
            RuleFor(c => c.Body.TimeoutMs).InclusiveBetween(1, settings.ComfyUiTimeoutMs).OverridePropertyName("timeoutMs")
                .WithMessage($"must be from 1 to {settings.ComfyUiTimeoutMs}");
            RuleFor(c => c.Body.Metadata).Must(m => m is null || m.Value.ValueKind == JsonValueKind.Object).OverridePropertyName("metadata")
                .WithMessage("must be an object");
            RuleFor(c => c.Body.Metadata).Must(m => m is null || System.Text.Encoding.UTF8.GetByteCount(m.Value.GetRawText()) <= MaxMetadataBytes)
                .OverridePropertyName("metadata").WithMessage("must be at most 16 KB");
            RuleFor(c => c.Body.Output!).SetValidator(new OutputWishRules()).When(c => c.Body.Output is not null).OverridePropertyName("output");
        }
    }

    public sealed class Handler(RequestedWork work, JobIntake intake, GatewaySettings settings, TimeProvider clock)
        : IRequestHandler<Command, Response>
    {
        public async Task<Response> Handle(Command command, CancellationToken ct)
        {
            var (body, caller) = command;
            if (body.Metadata is { } metadata && StorableJson.Problems(metadata, "metadata").ToArray() is { Length: > 0 } problems)
            {
                throw ProblemException.Invalid(problems);
            }

            var resolved = await work.Resolve(body.WorkflowId, body.Workflow, new JobInputs(body.Inputs ?? [], body.Params ?? []), caller, ct);
            var (inputs, files) = await work.TakeFiles(resolved, caller, ct);
            var now = clock.GetUtcNow();
            var job = new JobQueued(
                OrderedIds.New(now), resolved.WorkflowId, resolved.Version,
                body.Workflow is { } graph ? JsonText.From(graph) : null, caller.Owner, inputs, resolved.Seed,
                body.Priority, body.TimeoutMs ?? settings.ComfyUiTimeoutMs, body.Cache, body.Metadata, caller.CorrelationId, now)
            {
                Files = files,
                Models = resolved.Models,
                Output = body.Output,
            };
            var place = await intake.Accept(job, ct);
            return new Response(
                job.JobId, JobStatus.Queued, place?.EtaSeconds, place?.Position,
                $"/jobs/{job.JobId}", $"/jobs/{job.JobId}/events", $"/jobs/{job.JobId}/cancel");
        }
    }
}
