using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator;

/// <summary>The faults that wait for their moment.</summary>
internal sealed class FaultState
{
    private int _outOfMemory;
    private int _nodeErrors;
    private int _truncatedViews;
    private int _failedAnswers;
    private int _lostInterrupts;
    private object? _historyOutputs;

    public bool IsMuted { get; private set; }

    public int ViewBytesPerSecond { get; private set; }

    public TimeSpan HistoryDelay { get; private set; }

    public TimeSpan UploadDelay { get; private set; }

    /// <summary>What a prompt does that takes the whole process with it.</summary>
    public Action CrashAsProcess { get; set; } = () => { };

    public void Accept(FaultOrders orders)
    {
        IsMuted = orders.MuteSockets ?? IsMuted;
        ViewBytesPerSecond = orders.ViewBytesPerSecond ?? ViewBytesPerSecond;
        HistoryDelay = orders.HistoryDelayMs is { } delay ? TimeSpan.FromMilliseconds(delay) : HistoryDelay;
        UploadDelay = orders.UploadDelayMs is { } upload ? TimeSpan.FromMilliseconds(upload) : UploadDelay;
        _outOfMemory = orders.OutOfMemoryPrompts ?? _outOfMemory;
        _nodeErrors = orders.NodeErrorPrompts ?? _nodeErrors;
        _truncatedViews = orders.TruncatedViews ?? _truncatedViews;
        _failedAnswers = orders.FailedPromptAnswers ?? _failedAnswers;
        _lostInterrupts = orders.LostInterrupts ?? _lostInterrupts;
        _historyOutputs = orders.HistoryOutputs is { } outputs ? PyJson.Parse(outputs.GetRawText()) : _historyOutputs;
    }

    /// <summary>What the history is to say the next prompt gave out, or null.</summary>
    public object? TakeHistoryOutputs() => Interlocked.Exchange(ref _historyOutputs, null);

    /// <summary>Takes back every order that has not come about yet.</summary>
    public void Reset()
    {
        Accept(new FaultOrders
        {
            MuteSockets = false,
            OutOfMemoryPrompts = 0,
            NodeErrorPrompts = 0,
            ViewBytesPerSecond = 0,
            HistoryDelayMs = 0,
            UploadDelayMs = 0,
            TruncatedViews = 0,
            FailedPromptAnswers = 0,
            LostInterrupts = 0,
        });
        _historyOutputs = null;
    }

    public bool TakeTruncatedView() => Take(ref _truncatedViews);

    public bool TakeFailedAnswer() => Take(ref _failedAnswers);

    public bool TakeLostInterrupt() => Take(ref _lostInterrupts);

    /// <summary>Failing is for the node that works hardest: the sampler, where there is one.</summary>
    public void StrikeNode(NodeCall call)
    {
        if (!IsHardWork(call.ClassType) && call.Run.Item.Prompt.Values.OfType<PyDict>().Any(n => IsHardWork(n.Find("class_type"))))
        {
            return;
        }

        if (Take(ref _outOfMemory))
        {
            throw NodeErrors.OutOfMemory();
        }

        if (Take(ref _nodeErrors))
        {
            throw new PythonError("RuntimeError", "The simulator was told to fail in this node");
        }
    }

    private static bool IsHardWork(object? classType) =>
        classType is string name and not "KSamplerSelect"
        && (name == "GatewayTestSleep" || name.Contains("Sampler", StringComparison.Ordinal));

    private static bool Take(ref int count)
    {
        while (Volatile.Read(ref count) is > 0 and var left)
        {
            if (Interlocked.CompareExchange(ref count, left - 1, left) == left)
            {
                return true;
            }
        }

        return false;
    }
}
