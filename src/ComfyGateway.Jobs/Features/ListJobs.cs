using System.Globalization;
using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class ListJobs
{
    public sealed record Query(
        string[]? Status, string? WorkflowId, string? After, string? Before, string? Limit, string? Offset, string? Cursor, string? Owner)
    {
        private const int DefaultLimit = 50;

        public JobStatus[] Statuses => [.. (Status ?? []).Select(s => Enum.Parse<JobStatus>(s, ignoreCase: true))];

        public int Take => Limit is null ? DefaultLimit : int.Parse(Limit, CultureInfo.InvariantCulture);

        public int Skip => Offset is null ? 0 : int.Parse(Offset, CultureInfo.InvariantCulture);
    }

    public sealed record Request(Query Query, Caller Caller) : IRequest<Response>;

    /// <param name="Count">How many jobs match the filter, on all pages together.</param>
    /// <param name="NextCursor">For the next page; null on the last.</param>
    public sealed record Response(IReadOnlyList<JobAnswer> Jobs, long Count, string? NextCursor);

    public sealed class Endpoint : ICarterModule
    {
        // The framework joins what comes twice, and the sum would be no job's.
        private static readonly string[] Single = ["workflowId", "after", "before", "limit", "offset", "cursor", "owner"];

        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs", Get).WithName(nameof(ListJobs)).WithTags("Jobs");

        private static async Task<Ok<Response>> Get([AsParameters] Query query, HttpRequest http, Caller caller, IMediator mediator, CancellationToken ct)
        {
            (string, string)[] repeated = [.. Single.Where(p => http.Query[p].Count > 1).Select(p => (p, "must be given once"))];
            return repeated.Length > 0 ? throw ProblemException.Invalid(repeated) : TypedResults.Ok(await mediator.Send(new Request(query, caller), ct));
        }
    }

    public sealed class Validator : AbstractValidator<Request>
    {
        private const int MaxLimit = 200;

        public Validator()
        {
            RuleForEach(r => r.Query.Status).Must(s => Enum.GetNames<JobStatus>().Contains(s, StringComparer.OrdinalIgnoreCase)).OverridePropertyName("status")
                .WithMessage("must be queued, running, succeeded, failed or canceled");
            // PostgreSQL has no text with such characters, and so no job has it either.
            RuleFor(r => r.Query.WorkflowId).Must(t => Fault(t) is null).OverridePropertyName("workflowId").WithMessage((_, t) => Fault(t));
            RuleFor(r => r.Query.Owner).Must(t => Fault(t) is null).OverridePropertyName("owner").WithMessage((_, t) => Fault(t));
            RuleFor(r => r.Query.Limit).Must(l => l is null || IsWhole(l, 1, MaxLimit)).OverridePropertyName("limit").WithMessage($"must be a whole number from 1 to {MaxLimit}");
            RuleFor(r => r.Query.Offset).Must(o => o is null || IsWhole(o, 0, int.MaxValue)).OverridePropertyName("offset").WithMessage("must be a whole number of 0 or more");
            RuleFor(r => r.Query.Cursor).Must(c => c is null || Guid.TryParse(c, out _)).OverridePropertyName("cursor").WithMessage("must be the nextCursor of a page");
            RuleFor(r => r.Query.After).Must(t => t is null || TimeOf(t) is not null).OverridePropertyName("after").WithMessage("must be an ISO 8601 time");
            RuleFor(r => r.Query.Before).Must(t => t is null || TimeOf(t) is not null).OverridePropertyName("before").WithMessage("must be an ISO 8601 time");
        }

        private static string? Fault(string? text) => text is null ? null : StorableJson.Fault(text);

        private static bool IsWhole(string text, int min, int max) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max;
    }

    public sealed class Handler(JobPages pages, IJobQueue queue) : IRequestHandler<Request, Response>
    {
        private static readonly Response None = new([], 0, null);

        public async Task<Response> Handle(Request request, CancellationToken ct)
        {
            var (query, caller) = request;
            // A user asking for somebody else's sees what they always see: none.
            if (query.Owner is { } owner && !caller.MaySee(owner))
            {
                return None;
            }

            var filter = new JobFilter(
                caller.IsAdmin ? query.Owner : caller.Owner, query.WorkflowId, query.Statuses,
                query.After is { } after ? JobIds.FirstAfter(TimeOf(after)!.Value) : null,
                query.Before is { } before ? JobIds.FirstOf(TimeOf(before)!.Value) : null);
            var count = await pages.Count(filter, ct);
            var page = await pages.Find(Rest(filter, query.Cursor), query.Skip, query.Take + 1, ct);
            var jobs = page.Take(query.Take).ToArray();

            var live = await queue.Live(jobs, ct);
            return new Response(
                [.. jobs.Select(j => JobAnswer.From(j, live.GetValueOrDefault(j.Id)))],
                count,
                page.Count > jobs.Length ? jobs[^1].Id.ToString() : null);
        }

        private static JobFilter Rest(JobFilter filter, string? cursor) =>
            cursor is not null && Guid.Parse(cursor) is var last && !(filter.Below < last) ? filter with { Below = last } : filter;
    }

    private static DateTimeOffset? TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
