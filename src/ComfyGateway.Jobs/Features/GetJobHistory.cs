using System.Globalization;
using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using JasperFx.Events;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

/// <summary>The job's own event stream, or the job as it was at one moment of it.</summary>
internal static class GetJobHistory
{
    public sealed record Query(string JobId, string? At, string? Version, Caller Caller) : IRequest<object>;

    public sealed record Events(Guid JobId, IReadOnlyList<EventAnswer> EventList)
    {
        [System.Text.Json.Serialization.JsonPropertyName("events")]
        public IReadOnlyList<EventAnswer> EventList { get; init; } = EventList;
    }

    /// <param name="Version">Within the job, from 1.</param>
    /// <param name="Sequence">Within all that the gateway records.</param>
    public sealed record EventAnswer(
        long Version, long Sequence, string Type, DateTimeOffset At, string? Actor, string? CorrelationId, JsonElement Data);

    public sealed record Moment(long Version, DateTimeOffset At, JobAnswer Job);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}/history", Get).WithName(nameof(GetJobHistory)).WithTags("Jobs");

        private static async Task<IResult> Get(string jobId, string? at, string? version, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(jobId, at, version, caller), ct));
    }

    public sealed class Handler(IQuerySession session) : IRequestHandler<Query, object>
    {
        public async Task<object> Handle(Query query, CancellationToken ct)
        {
            var view = await session.FindJob(query.JobId, query.Caller, ct);
            var events = await session.Events.FetchStreamAsync(view.Id, token: ct);
            if (query.At is null && query.Version is null)
            {
                return new Events(view.Id, [.. events.Select(Answer)]);
            }

            var past = events.TakeWhile(Until(query, events[^1].Version)).ToArray();
            var job = past.Length > 0 ? await session.Events.AggregateStreamAsync<JobView>(view.Id, past[^1].Version, token: ct) : null;
            return job is null
                ? throw ProblemException.Invalid(query.At is null ? "version" : "at", "is before the job was made")
                : new Moment(past[^1].Version, past[^1].Timestamp, JobAnswer.From(job, live: null));
        }

        private static Func<IEvent, bool> Until(Query query, long last)
        {
            if (query is { Version: not null, At: not null })
            {
                throw ProblemException.Invalid("at", "cannot be given together with version");
            }

            if (query.Version is not null)
            {
                return long.TryParse(query.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 && version <= last
                    ? e => e.Version <= version
                    : throw ProblemException.Invalid("version", $"must be a whole number from 1 to {last}");
            }

            return DateTimeOffset.TryParse(query.At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? e => TimeOf(e) <= at
                : throw ProblemException.Invalid("at", "must be an ISO 8601 time");
        }

        /// <summary>When it happened, in whole milliseconds as all answers tell times: so a time of one of them finds what it is the time of.</summary>
        private static DateTimeOffset TimeOf(IEvent e)
        {
            var time = e.Data is IJobEvent { At: var at } && at < e.Timestamp ? at : e.Timestamp;
            return time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));
        }

        private static EventAnswer Answer(IEvent e) => new(
            e.Version, e.Sequence, e.EventTypeName, e.Timestamp, e.UserName, e.CorrelationId,
            JsonSerializer.SerializeToElement(e.Data, e.Data.GetType(), ApiJson.Options));
    }
}
