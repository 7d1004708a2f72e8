using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>A backend as administrators see it.</summary>
/// <param name="Url">Without its password.</param>
/// <param name="Slots">How many jobs run there at once.</param>
/// <param name="Busy">How many of its slots are at work now, of all gateways.</param>
/// <param name="State"><c>healthy</c>, <c>unhealthy</c>, <c>draining</c> or <c>drained</c>.</param>
/// <param name="LoadedModels">Of the prompt that ran last.</param>
/// <param name="LastError">Why it does not answer or is given no jobs; null while all is well.</param>
/// <param name="LastSeenAt">When it last answered.</param>
internal sealed record BackendAnswer(
    string Id, string Url, int Slots, int Busy, string State, IReadOnlyList<string> LoadedModels, IReadOnlyList<string> Checkpoints,
    string? LastError, DateTimeOffset? LastSeenAt)
{
    public static BackendAnswer From(Backend backend, QueueDepth depth)
    {
        // The condition by all jobs that it has, and before the slots, so that nobody is told of a drained backend that is busy.
        var condition = backend.Condition(depth.BusyOf(backend));
        return new BackendAnswer(
            backend.Id, backend.Url.Masked(), backend.Slots, depth.WorkingOf(backend), condition, backend.Loaded.Models, backend.State.Inventory.Checkpoints,
            backend.Circuit.Reason ?? backend.State.LastError, backend.State.LastSeenAt);
    }

    /// <summary>One that was added just now and that nobody has looked at.</summary>
    public static BackendAnswer Of(BackendAdded added) => new(added.BackendId, new Uri(added.Url).Masked(), added.Slots, Busy: 0, "unhealthy", [], [], null, null);
}
