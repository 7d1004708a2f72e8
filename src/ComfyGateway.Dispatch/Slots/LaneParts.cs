using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>What every lane works with.</summary>
internal sealed record LaneParts(
    JobClaims Claims, JobQueue Queue, QueueDepth Depth, QueueSignal Signal, IdleSlots Idle, HandOffs HandOffs, RunTimes RunTimes, ActiveRuns Runs, JobPlacement Placement,
    RunPreparer Preparer, PromptSubmitter Submitter, PromptFollower Follower, RunFinisher Finisher, TimeProvider Clock);
