using ComfyGateway.Dispatch.Slots;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>What a slot asks of the queue.</summary>
/// <param name="Limit">At most so many jobs.</param>
/// <param name="Loaded">The models that the slot's backend has in memory when the job comes to run; null where nothing is known.</param>
/// <param name="PassOver">How long a job may be passed over for others that need what is loaded.</param>
/// <param name="IsAlone">No other backend takes jobs now, so there is none to prefer for a second attempt.</param>
internal sealed record ClaimRequest(Slot Slot, int Limit, string? Loaded, TimeSpan PassOver, bool IsAlone);
