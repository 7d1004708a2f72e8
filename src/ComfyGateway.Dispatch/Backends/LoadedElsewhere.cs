using System.Text.Json;
using ComfyGateway.Platform.Events;
using Microsoft.Extensions.Hosting;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// Tells the other gateways what the prompts of this one had the backends load, and knows what they tell: a process that runs nothing shows it as
/// well, and a slot that changes hands goes on with the same checkpoint.
/// </summary>
internal sealed class LoadedElsewhere : BackgroundService
{
    private const string Kind = "loaded";

    // A notice has room for a few thousand bytes; who needs more models than that is not told of.
    private const int MaxLength = 4000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // For processes that have come since.
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (LoadedModels Loaded, DateTimeOffset At)> _told = [];
    private readonly BackendPool _pool;
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;

    public LoadedElsewhere(BackendPool pool, ClusterNotices notices, TimeProvider clock)
    {
        (_pool, _notices, _clock) = (pool, notices, clock);
        notices.On(Kind, Hear);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_notices.IsAlone)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Tell();
        }
    }

    private void Tell()
    {
        var now = _clock.GetUtcNow();
        foreach (var backend in _pool.All.Where(b => b.Loaded.IsOurs))
        {
            var (before, at) = _told.GetValueOrDefault(backend.Id, (LoadedModels.None, default));
            var notice = new Notice(backend.Id, backend.Loaded.Models, backend.Loaded.At);
            if ((now - at < Repeat && before.Models.SequenceEqual(notice.Models)) || JsonSerializer.Serialize(notice) is not { Length: <= MaxLength } text)
            {
                continue;
            }

            _notices.Send(Kind, text);
            _told[backend.Id] = (backend.Loaded, now);
        }
    }

    private void Hear(string about)
    {
        if (JsonSerializer.Deserialize<Notice>(about) is { } notice)
        {
            _pool.Find(notice.Backend)?.HearLoaded(notice.Models, notice.At);
        }
    }

    internal sealed record Notice(string Backend, IReadOnlyList<string> Models, DateTimeOffset At);
}
