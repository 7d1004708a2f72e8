namespace ComfyGateway.Dispatch.Queue;

/// <summary>Wakes the lanes when jobs come, or a place does.</summary>
internal sealed class QueueSignal
{
    private TaskCompletionSource _raised = New();

    /// <summary>Raised with the rank of the best job that came.</summary>
    public event Action<int>? JobsCame;

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking into the queue, so that nothing is missed between.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    public void Raise(int rank)
    {
        JobsCame?.Invoke(rank);
        Wake();
    }

    /// <summary>Lets the lanes look again, for no job in particular.</summary>
    public void Wake() => Interlocked.Exchange(ref _raised, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
