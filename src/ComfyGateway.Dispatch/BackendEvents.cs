namespace ComfyGateway.Dispatch;

/// <summary>An administrator added a backend, or brought one back.</summary>
/// <param name="Url">http or https, possibly with credentials.</param>
/// <param name="Slots">Jobs at once, 1 … 64.</param>
public sealed record BackendAdded(string BackendId, string Url, int Slots, DateTimeOffset At);

/// <summary>It is given no more jobs; what runs there runs on.</summary>
public sealed record BackendDrained(string BackendId, DateTimeOffset At);

/// <summary>It is given jobs again.</summary>
public sealed record BackendResumed(string BackendId, DateTimeOffset At);

/// <summary>It is out of the pool, even where the settings name it.</summary>
public sealed record BackendRemoved(string BackendId, DateTimeOffset At);
