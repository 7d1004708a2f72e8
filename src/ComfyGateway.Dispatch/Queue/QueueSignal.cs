namespace ComfyGateway.Dispatch.Queue;

/// <summary>Wakes the slots that wait for a job.</summary>
internal sealed class QueueSignal
{
    private TaskCompletionSource _raised = New();

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking into the queue, so that nothing is missed between.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    public void Raise() => Interlocked.Exchange(ref _raised, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
