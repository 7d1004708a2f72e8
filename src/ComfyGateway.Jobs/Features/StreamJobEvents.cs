using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Carter;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
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

    public sealed class Handler(IDocumentStore store, IJobQueue queue, JobChanges changes, TimeProvider clock)
        : IRequestHandler<Query, IAsyncEnumerable<SseItem<string>>>
    {
        private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

        // Notices wake at once; this is for those that are lost.
        private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

        public async Task<IAsyncEnumerable<SseItem<string>>> Handle(Query query, CancellationToken ct)
        {
            await using var session = store.QuerySession();
            var job = await session.FindJob(query.JobId, query.Caller, ct);
            return Follow(job.Id, query.After, CancellationToken.None);
        }

        private async IAsyncEnumerable<SseItem<string>> Follow(Guid jobId, long after, [EnumeratorCancellation] CancellationToken ct)
        {
            LiveRun? told = null;
            var lookAt = DateTimeOffset.MinValue;
            var change = changes.Next(jobId);
            while (true)
            {
                if (change.IsCompleted || clock.GetUtcNow() >= lookAt)
                {
                    change = changes.Next(jobId);
                    lookAt = clock.GetUtcNow() + LookAnyway;
                    await using var session = store.QuerySession();
                    foreach (var e in await session.Events.FetchStreamAsync(jobId, fromVersion: after + 1, token: ct))
                    {
                        after = e.Version;
                        if (JobEventAnswer.From(jobId, e.Data) is { } answer)
                        {
                            yield return new SseItem<string>(answer.Json, answer.Type) { EventId = e.Version.ToString(System.Globalization.CultureInfo.InvariantCulture) };
                        }

                        if (e.Data is JobSucceeded or JobFailed or JobCanceled)
                        {
                            changes.Wake(jobId);
                            yield break;
                        }
                    }
                }

                var run = queue.Running(jobId);
                foreach (var tick in JobEventAnswer.Ticks(jobId, told, run))
                {
                    yield return new SseItem<string>(tick.Json, tick.Type);
                }

                told = run;
                await Task.WhenAny(change, Task.Delay(TickInterval, clock, ct));
                ct.ThrowIfCancellationRequested();
            }
        }
    }
}
