using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// One attempt at a job while it is followed. Its start is recorded at once and in the background, the nodes that end with the next
/// record: nothing of that makes the GPU wait.
/// </summary>
internal sealed class JobRun(Job job, RunProgress progress, GraphShape shape, IJobLedger ledger, TimeProvider clock, CancellationToken ct)
    : IFollowedRun
{
    private readonly List<object> _nodes = [];
    private Task _recording = Task.CompletedTask;
    private DateTimeOffset? _startedAt = job.StartedAt;

    public DateTimeOffset Deadline => _startedAt is { } start ? start + TimeSpan.FromMilliseconds(job.TimeoutMs) : DateTimeOffset.MaxValue;

    public DateTimeOffset? StartedAt => _startedAt;

    public void Started()
    {
        if (_startedAt is not null)
        {
            return;
        }

        var now = clock.GetUtcNow();
        _startedAt = now;
        progress.StartedAt = now;
        _recording = ledger.Append(job.Id, j => j.Start(now), alongside: null, ct);
    }

    public void Tell(SocketMessage message) =>
        _nodes.AddRange(progress.Tell(message).Select(n => new JobNodeFinished(n, shape.TypeOf(n), clock.GetUtcNow())));

    public JobError TimedOut() => RunFailure.TimedOut(job.TimeoutMs);

    /// <summary>The events of the run that are not recorded yet, once its start is.</summary>
    public async Task<IReadOnlyList<object>> Unrecorded()
    {
        await _recording;
        return _nodes;
    }
}
