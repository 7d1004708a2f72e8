using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch;

/// <summary>What administrators decided about a backend. One that they never touched has none.</summary>
/// <param name="Url">Null where the settings name it.</param>
/// <param name="Slots">Null where the settings say how many.</param>
public sealed record BackendRecord(Guid Id, string BackendId, string? Url, int? Slots, bool IsDraining, bool IsRemoved, DateTimeOffset At)
{
    public static Guid StreamOf(string backendId) => StreamId.Of("backend", backendId);

    public static BackendRecord Create(BackendAdded e) => Untouched(e.BackendId, e.At).Apply(e);

    public static BackendRecord Create(BackendDrained e) => Untouched(e.BackendId, e.At).Apply(e);

    public static BackendRecord Create(BackendResumed e) => Untouched(e.BackendId, e.At);

    public static BackendRecord Create(BackendRemoved e) => Untouched(e.BackendId, e.At).Apply(e);

    public BackendRecord Apply(BackendAdded e) => this with { Url = e.Url, Slots = e.Slots, IsDraining = false, IsRemoved = false, At = e.At };

    public BackendRecord Apply(BackendDrained e) => this with { IsDraining = true, At = e.At };

    public BackendRecord Apply(BackendResumed e) => this with { IsDraining = false, At = e.At };

    public BackendRecord Apply(BackendRemoved e) => this with { IsRemoved = true, IsDraining = false, Url = null, Slots = null, At = e.At };

    private static BackendRecord Untouched(string backendId, DateTimeOffset at) => new(StreamOf(backendId), backendId, null, null, false, false, at);
}
