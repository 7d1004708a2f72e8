namespace ComfyGateway.Dispatch;

/// <summary>Wakes one waiter, any number of times, without losing one between two looks.</summary>
internal sealed class WakeUp
{
    private TaskCompletionSource _raised = New();

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    public void Raise() => Interlocked.Exchange(ref _raised, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
