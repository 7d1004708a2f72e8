namespace ComfyGateway.Dispatch.Queue;

/// <summary>Where a job of the queue stood a moment ago.</summary>
/// <param name="Position">1 for the next to start. First those that slots have besides the ones that they run.</param>
/// <param name="Nth">Of those that wait for a slot, from 1; null where a slot has it.</param>
/// <param name="SecondsBefore">
/// What is before it takes so long by the means of the workflow versions: all that slots have and all that waits before it, or, where a
/// slot has it, what that slot has before it. Null where nothing was measured.
/// </param>
/// <param name="Work">Its workflow version, or null.</param>
/// <param name="NotBefore">When it may start at the earliest, where that is still to come.</param>
/// <param name="Unfit">Backends that cannot run it.</param>
internal sealed record QueuePlace(int Position, int? Nth, double? SecondsBefore, string? Work, DateTimeOffset? NotBefore, IReadOnlyCollection<string> Unfit);
