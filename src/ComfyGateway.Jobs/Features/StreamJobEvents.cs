using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Jobs.Features;

internal static class StreamJobEvents
{
    /// <param name="After">The stream version that the client has already; 0 for none.</param>
    public sealed record Query(string JobId, long After, Caller Caller) : IRequest<IAsyncEnumerable<SseItem<string>>>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapGet("/jobs/{jobId}/events", Get).WithName(nameof(StreamJobEvents)).WithTags("Jobs");

        private static async Task Get(string jobId, Caller caller, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var after = long.TryParse(http.Request.Headers["Last-Event-ID"], out var version) ? version : 0;
            var items = await mediator.Send(new Query(jobId, after, caller), ct);
            await EventStream.Write(http.Response, items, ct);
        }
    }

    public sealed class Handler(IQuerySession session, JobTails tails, IJobQueue queue, TimeProvider clock)
        : IRequestHandler<Query, IAsyncEnumerable<SseItem<string>>>
    {
        private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

        public async Task<IAsyncEnumerable<SseItem<string>>> Handle(Query query, CancellationToken ct)
        {
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            return Follow(job.Id, query.After, CancellationToken.None);
        }

        private async IAsyncEnumerable<SseItem<string>> Follow(Guid jobId, long after, [EnumeratorCancellation] CancellationToken ct)
        {
            var tail = tails.Follow(jobId);
            try
            {
                LiveRun? told = null;
                var isRunning = false;
                for (var next = 0; ;)
                {
                    var (grown, events) = (tail.Grown, tail.Events);
                    for (; next < events.Count; next++)
                    {
                        if (events[next] is not { Answer: { } answer } e)
                        {
                            continue;
                        }

                        isRunning = answer.Type switch { "started" => true, "requeued" => false, _ => isRunning };
                        if (e.Version > after)
                        {
                            yield return new SseItem<string>(answer.Json, answer.Type) { EventId = e.Version.ToString(CultureInfo.InvariantCulture) };
                        }
                    }

                    if (events is [.., { IsLast: true }])
                    {
                        yield break;
                    }

                    // What was last heard of an attempt outlives it for a while where another gateway ran it.
                    var run = isRunning ? queue.Running(jobId) : null;
                    foreach (var tick in JobEventAnswer.Ticks(jobId, told, run))
                    {
                        yield return new SseItem<string>(tick.Json, tick.Type);
                    }

                    told = run;
                    if (tail.Reading.IsFaulted)
                    {
                        // The client comes back with what it has.
                        await tail.Reading;
                    }

                    await Task.WhenAny(grown, Task.Delay(TickInterval, clock, ct));
                    ct.ThrowIfCancellationRequested();
                }
            }
            finally
            {
                await tails.Leave(jobId);
            }
        }
    }
}
