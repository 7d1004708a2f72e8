using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Follows a prompt that is in ComfyUI's hands to its end. The socket tells quickly, history tells for certain: the end is what
/// history says, asked for when the socket says that it is there, and again whenever the socket is silent or was away.
/// </summary>
internal sealed partial class PromptFollower(PromptTaker taker, PartialPrompts partial, GatewaySettings settings, TimeProvider clock, ILogger<PromptFollower> logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1.5);

    // An interrupt can be lost, so what is wanted of the prompt is asked for again soon.
    private static readonly TimeSpan Insistence = TimeSpan.FromMilliseconds(300);

    // A server that is away for longer is taken to have lost the prompt; if it has not, the prompt is removed when it is back.
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(90);

    public async Task<PromptEnd> Follow(JobRun run, CancellationToken ct)
    {
        DateTimeOffset? awaySince = null;
        var askAt = clock.GetUtcNow() + Silence;
        var stall = new StallWatch(TimeSpan.FromMilliseconds(settings.ComfyUiTimeoutMs), clock);
        while (true)
        {
            var message = await Next(run, ct);
            if (message is not (null or SocketMessage.Connected or SocketMessage.Disconnected or SocketMessage.Executing { Node: null }))
            {
                Tell(run, message);
                // While it is not certain that ComfyUI has all of it, frames are no reason not to ask.
                if (run.Intent == RunIntent.Finish && !(clock.GetUtcNow() > run.Deadline) && (run.IsWhole || clock.GetUtcNow() < askAt))
                {
                    continue;
                }
            }

            askAt = clock.GetUtcNow() + Silence;

            // While the server is away nobody knows whether it still runs; it may have been lost long before the limit.
            if (awaySince is null && clock.GetUtcNow() > run.Deadline)
            {
                run.Want(RunIntent.TimeOut);
            }

            try
            {
                var end = run.Intent == RunIntent.Finish ? await Ask(run, stall, ct) : await taker.TakeBack(run, ct);
                awaySince = null;
                if (end is not null)
                {
                    return end;
                }
            }
            catch (ComfyUiException exception)
            {
                // It may be running on behind a broken network, so nothing is decided while the server is away for a short time.
                LogNoAnswer(logger, run.Backend.Id, run.PromptId, exception.Message);
                awaySince ??= clock.GetUtcNow();
                if (clock.GetUtcNow() - awaySince > LongestAbsence)
                {
                    run.Backend.Probe.Abandon(run.PromptId);
                    return run.CannotHaveBegun ? new PromptEnd.TakenBack() : new PromptEnd.Lost(RunFailure.Away(run.Backend.Id));
                }
            }
        }
    }

    private static void Tell(JobRun run, SocketMessage message)
    {
        if (message is SocketMessage.ExecutionStart)
        {
            run.Started();
        }

        run.Tell(message);
    }

    /// <summary>The next frame; null after a silence, or where something else is wanted now.</summary>
    private async Task<SocketMessage?> Next(JobRun run, CancellationToken ct)
    {
        if (run.Watch.Messages.TryRead(out var waiting))
        {
            return waiting;
        }

        using var silence = new CancellationTokenSource(Patience(run), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        try
        {
            return await run.Watch.Messages.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>How long to wait for a frame: not beyond the moment at which the run has lasted too long.</summary>
    private TimeSpan Patience(JobRun run)
    {
        var patience = run.Intent == RunIntent.Finish ? Silence : Insistence;
        var left = run.Deadline - clock.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        return left > TimeSpan.Zero && left < patience ? left.Value : patience;
    }

    private async Task<PromptEnd?> Ask(JobRun run, StallWatch stall, CancellationToken ct)
    {
        var place = await PromptLocator.Locate(run.Backend, run.PromptId, ct);
        if (stall.Sees(place, run) is { } reason)
        {
            return GiveUp(run, place, reason);
        }

        await partial.Check(run, place, ct);
        switch (place)
        {
            case PromptPlace.Ended ended:
                ReplaceMuteSocket(run);
                return new PromptEnd.Ended(ended.Entry);
            case PromptPlace.Nowhere when run is { SentAt: null, StartedAt: null }:
                // The gateway that had the job before had perhaps not come to send it.
                return new PromptEnd.TakenBack();
            case PromptPlace.Nowhere when run.CannotHaveBegun:
                return new PromptEnd.TakenBack();
            case PromptPlace.Nowhere:
                return new PromptEnd.Lost(RunFailure.Lost(run.Backend.Id));
            case PromptPlace.Running:
                run.Started();
                return null;
            default:
                return null;
        }
    }

    /// <summary>Each prompt changes the queue, of which every socket is told.</summary>
    private static void ReplaceMuteSocket(JobRun run)
    {
        if (!run.WasHeardOf && run.SentAt is { } sent)
        {
            run.Backend.ReplaceSocketIfMuteSince(sent);
        }
    }

    /// <summary>What only waits is taken back, and runs elsewhere; what is said to run cannot be.</summary>
    private static PromptEnd.Lost? GiveUp(JobRun run, PromptPlace place, string reason)
    {
        run.Backend.Trip(reason);
        if (place is PromptPlace.Pending)
        {
            run.Want(RunIntent.Recall);
            return null;
        }

        run.Backend.Probe.Abandon(run.PromptId);
        return new PromptEnd.Lost(RunFailure.Dead(run.Backend.Id));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "ComfyUI {Backend} does not tell of prompt {PromptId}: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string backend, string promptId, string reason);
}
