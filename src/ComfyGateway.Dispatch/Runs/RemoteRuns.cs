using System.Collections.Concurrent;
using System.Text.Json;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Tells the other gateways how far the runs of this one are, four times a second while something changes, and knows what they tell.
/// Pictures are too large for a notice: the latest of each run lies in a table.
/// </summary>
internal sealed class RemoteRuns : BackgroundService
{
    private const string Kind = "tick";

    // Nodes may have names of any length, and a notice may not.
    private const int LongestName = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PictureInterval = TimeSpan.FromSeconds(1);

    // Repeated while nothing changes, so that silence means that the run is no more, or that its gateway is: another follows it within 30 s.
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, (LiveRun Run, string? PromptId, long Picture, DateTimeOffset HeardAt)> _elsewhere = new();
    private readonly Dictionary<Guid, Told> _told = [];
    private readonly ProgressBoard _board;
    private readonly ClusterNotices _notices;
    private readonly RunPictures _pictures;
    private readonly TimeProvider _clock;

    public RemoteRuns(ProgressBoard board, ClusterNotices notices, RunPictures pictures, TimeProvider clock)
    {
        (_board, _notices, _pictures, _clock) = (board, notices, pictures, clock);
        notices.On(Kind, Hear);
    }

    /// <summary>A run of another gateway, or null.</summary>
    public LiveRun? Find(Guid jobId) =>
        _elsewhere.TryGetValue(jobId, out var heard) && _clock.GetUtcNow() - heard.HeardAt < Life ? heard.Run : null;

    /// <summary>How far an attempt was when that was last heard of it; 0 where nothing was.</summary>
    public int Reached(Guid jobId, string promptId) =>
        _elsewhere.TryGetValue(jobId, out var heard) && heard.PromptId == promptId ? heard.Run.Progress : 0;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_notices.IsAlone)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Tell(stoppingToken);
            }
            catch (Exception exception) when (DatabaseFailure.IsPassing(exception))
            {
                // Nobody could be told anyway; the next tick says the same and more.
            }

            Forget();
        }
    }

    private async Task Tell(CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        foreach (var (jobId, progress) in _board.Here)
        {
            var run = progress.Now;
            var before = _told.GetValueOrDefault(jobId) ?? new Told(null, 0, default, default);
            var picture = before.Picture;
            var picturedAt = before.PicturedAt;
            if (run.Preview is { } preview && !ReferenceEquals(preview, before.Run?.Preview) && now - picturedAt >= PictureInterval)
            {
                await _pictures.Put(jobId, preview, ct);
                (picture, picturedAt) = (picture + 1, now);
            }

            if (before.Run is null || run with { Preview = null } != before.Run with { Preview = null } || picture != before.Picture || now - before.At >= Repeat)
            {
                _notices.Send(Kind, JsonSerializer.Serialize(new Tick(jobId, run.Progress, IfShort(run.Node), IfShort(run.NodeType), run.Step, run.Steps, picture, progress.PromptId)));
                _told[jobId] = new Told(run, picture, now, picturedAt);
            }
        }
    }

    private static string? IfShort(string? name) => name is { Length: <= LongestName } ? name : null;

    private void Forget()
    {
        foreach (var ended in _told.Keys.Where(id => _board.Find(id) is null).ToArray())
        {
            _told.Remove(ended);
        }

        foreach (var (jobId, heard) in _elsewhere)
        {
            if (_clock.GetUtcNow() - heard.HeardAt >= Life)
            {
                _elsewhere.TryRemove(jobId, out _);
            }
        }
    }

    private void Hear(string about)
    {
        if (JsonSerializer.Deserialize<Tick>(about) is not { } tick)
        {
            return;
        }

        var before = _elsewhere.GetValueOrDefault(tick.Job);
        var preview = tick.Picture == before.Picture ? before.Run?.Preview : new LivePreview("", default);
        _elsewhere[tick.Job] = (new LiveRun(tick.Progress, tick.Node, tick.NodeType, tick.Step, tick.Steps, preview), tick.PromptId, tick.Picture, _clock.GetUtcNow());
    }

    /// <param name="Picture">Grows with each new picture; 0 for none.</param>
    /// <param name="PromptId">Of the attempt; null from a gateway of an older version.</param>
    internal sealed record Tick(Guid Job, int Progress, string? Node, string? NodeType, int? Step, int? Steps, long Picture, string? PromptId);

    private sealed record Told(LiveRun? Run, long Picture, DateTimeOffset At, DateTimeOffset PicturedAt);
}
