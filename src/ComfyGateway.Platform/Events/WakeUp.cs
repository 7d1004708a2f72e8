namespace ComfyGateway.Platform.Events;

/// <summary>Wakes who waits, any number of times, without losing one between two looks.</summary>
public sealed class WakeUp
{
    private TaskCompletionSource _raised = New();

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking.</summary>
    public Task Next => Volatile.Read(ref _raised).Task;

    /// <summary>Wakes all that wait now.</summary>
    public void Raise() => Interlocked.Exchange(ref _raised, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
