using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// One attempt at a job on a backend. Its start is recorded in the background, or with its end where that comes at once; the nodes that
/// end are recorded together, once a second, or with the end. Nothing of that makes the GPU wait.
/// </summary>
internal sealed class JobRun(Job job, int rank, Backend backend, string promptId, JobGraph graph, RunProgress progress, GraphShape shape, RunRecords records)
    : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<JobNodeFinished> _nodes = [];
    private readonly PromptWatch _watch = backend.Watch(promptId);
    private readonly CancellationTokenSource _ended = new();
    private Task _recording = Task.CompletedTask;
    private Task _recordingNodes = Task.CompletedTask;
    private volatile RunIntent _intent;
    private volatile bool _isThrough;
    private volatile bool _isOver;

    // A run that ends within this needs one record instead of two.
    private static readonly TimeSpan StartLag = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan NodeLag = TimeSpan.FromSeconds(1);

    public Job Job => job;

    /// <summary>The rank that the job waited with; lower goes first.</summary>
    public int Rank => rank;

    public Backend Backend => backend;

    public string PromptId => promptId;

    public JobGraph Graph => graph;

    public PromptWatch Watch => _watch;

    /// <summary>How far it is, 0 … 99 over the whole graph.</summary>
    public int Progress => progress.Now.Progress;

    public DateTimeOffset PreparedAt { get; } = records.Clock.GetUtcNow();

    /// <summary>When ComfyUI began with it, by the gateway's clock.</summary>
    public DateTimeOffset? StartedAt { get; private set; } = job.StartedAt;

    /// <summary>Its models were in memory when it began.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>ComfyUI has said that the GPU is done with it; how it ended is yet to be asked.</summary>
    public bool IsThrough => _isThrough;

    /// <summary>It is through, once.</summary>
    public event Action? Through;

    /// <summary>When this process sent it; null for one that was found in ComfyUI.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>Runs that the backend had when it was sent: ComfyUI executes one prompt after the other, so it begins after these.</summary>
    public IReadOnlyList<JobRun> Ahead { get; set; } = [];

    /// <summary>Where the backend lost it, it was lost with one ahead of it: it cannot have begun, and so is not to blame.</summary>
    public bool CannotHaveBegun => StartedAt is null && !WasHeardOf && Ahead.Any(run => !run._isOver);

    /// <summary>ComfyUI is known to have taken all of it, and not only some of its outputs.</summary>
    public bool IsWhole { get; set; }

    /// <summary>The socket has told of it.</summary>
    public bool WasHeardOf { get; private set; }

    /// <summary>When it has run too long.</summary>
    public DateTimeOffset? Deadline => StartedAt is { } start ? start + TimeSpan.FromMilliseconds(job.TimeoutMs) : null;

    public RunIntent Intent => _intent;

    /// <summary>What becomes of it, whatever comes of the part that ComfyUI took.</summary>
    public PromptEnd? Refusal { get; private set; }

    /// <summary>When something other than the end was first wanted.</summary>
    public DateTimeOffset? IntendedAt { get; private set; }

    /// <summary>Wants something else of the prompt. A cancel is never taken back, and a recall only where it comes too late.</summary>
    public void Want(RunIntent intent)
    {
        if (intent > _intent)
        {
            IntendedAt ??= records.Clock.GetUtcNow();
            _intent = intent;
            _watch.Nudge();
        }
    }

    /// <summary>ComfyUI took only a part of it: what it has of it is to be got out of its hands.</summary>
    public void Refuse(PromptEnd refusal)
    {
        Refusal = refusal;
        Want(RunIntent.Refuse);
    }

    /// <summary>The prompt runs already, so it can no longer be recalled.</summary>
    public void RecallCameTooLate()
    {
        if (_intent == RunIntent.Recall)
        {
            (_intent, IntendedAt) = (RunIntent.Finish, null);
        }
    }

    /// <summary>The GPU has it. May be said more than once.</summary>
    public void Started()
    {
        if (StartedAt is not null)
        {
            return;
        }

        IsWarm = job.Models.Count == 0 || job.Models.SequenceEqual(backend.Loaded.Models);
        backend.Load(job.Models);
        var now = records.Clock.GetUtcNow();
        StartedAt = now;
        _recording = RecordStart(now);
    }

    /// <summary>The backend has it no more.</summary>
    /// <param name="isLost">How it ended there nobody knows, so what was behind it may never have begun.</param>
    public void Leave(bool isLost) => (_isOver, Ahead) = (!isLost, []);

    public void Tell(SocketMessage message)
    {
        WasHeardOf = true;
        if (message is SocketMessage.ExecutionSuccess && !_isThrough)
        {
            _isThrough = true;
            Through?.Invoke();
        }

        var ended = progress.Tell(message);
        if (ended.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            _nodes.AddRange(ended.Select(node => new JobNodeFinished(node, shape.TypeOf(node), records.Clock.GetUtcNow())));
            if (_recordingNodes.IsCompleted)
            {
                _recordingNodes = RecordNodes();
            }
        }
    }

    /// <summary>Records the end as <paramref name="decide"/> has it, after what of the run is not recorded yet.</summary>
    public async Task<Job> RecordEnd(Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside = null)
    {
        await StopRecording();
        return await Append(
            j =>
            {
                object[] before = StartedAt is { } start ? [.. j.Start(start), .. j.FinishNodes(Nodes())] : [];
                return [.. before, .. decide(before.Aggregate(j, (state, e) => state.After(e)))];
            },
            alongside);
    }

    /// <summary>Returns when nothing of the run is written any more: where the job goes back to the queue, a start that is told late would be of nobody.</summary>
    public async Task StopRecording()
    {
        // Ends two waits, which is too little to be done on another thread.
        _ended.Cancel();
        await _recording;
        await _recordingNodes.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task<Job> Append(Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside = null) =>
        records.Ledger.AppendToAttempt(job.Id, promptId, decide, alongside, records.Stop);

    private JobNodeFinished[] Nodes()
    {
        lock (_gate)
        {
            return [.. _nodes];
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        _ended.Dispose();
        records.Board.End(job.Id, progress);
    }

    private async Task RecordStart(DateTimeOffset now)
    {
        await Task.Delay(StartLag, records.Clock, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_ended.IsCancellationRequested)
        {
            await Append(j => j.Start(now));
        }
    }

    private async Task RecordNodes()
    {
        for (var recorded = 0; recorded < Nodes().Length;)
        {
            await Task.Delay(NodeLag, records.Clock, _ended.Token);
            var nodes = Nodes();
            await Append(j => j.Status == JobStatus.Running ? j.FinishNodes(nodes) : []);
            recorded = nodes.Length;
        }
    }
}

/// <summary>Where a run writes, and until when.</summary>
internal sealed record RunRecords(IJobLedger Ledger, ProgressBoard Board, TimeProvider Clock, CancellationToken Stop);
