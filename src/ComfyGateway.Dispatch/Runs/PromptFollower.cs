using ComfyGateway.Dispatch.Backends;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Follows a prompt that is in ComfyUI's hands to its end. The socket tells quickly, history tells for certain: the end is what
/// history says, asked for when the socket says that it is there, and again whenever the socket is silent or was away.
/// </summary>
internal sealed partial class PromptFollower(TimeProvider clock, ILogger<PromptFollower> logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1.5);

    // An interrupt can be lost, and a node that reports no progress sees it late: it is repeated for this long.
    private static readonly TimeSpan InterruptPatience = TimeSpan.FromSeconds(60);

    /// <param name="run">Told of the start, and of the nodes that end.</param>
    public async Task<PromptEnd> Follow(Backend backend, PromptWatch watch, IFollowedRun run, CancellationToken ct)
    {
        while (true)
        {
            var message = await Next(watch, ct);
            switch (message)
            {
                case SocketMessage.ExecutionStart:
                    run.Started();
                    break;
                case null or SocketMessage.Connected or SocketMessage.Executing { Node: null }:
                    if (await Ask(backend, watch.PromptId, run, ct) is { } end)
                    {
                        return end;
                    }

                    break;
                default:
                    run.Tell(message);
                    break;
            }

            if (clock.GetUtcNow() > run.Deadline && await GiveUp(backend, watch.PromptId, run, ct) is { } failed)
            {
                return failed;
            }
        }
    }

    /// <summary>The next frame, or null after a silence.</summary>
    private async Task<SocketMessage?> Next(PromptWatch watch, CancellationToken ct)
    {
        if (watch.Messages.TryRead(out var waiting))
        {
            return waiting;
        }

        using var silence = new CancellationTokenSource(Silence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        try
        {
            return await watch.Messages.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<PromptEnd?> Ask(Backend backend, string promptId, IFollowedRun run, CancellationToken ct)
    {
        try
        {
            switch (await PromptLocator.Locate(backend, promptId, ct))
            {
                case PromptPlace.Ended ended:
                    return new PromptEnd.Ended(ended.Entry);
                case PromptPlace.Nowhere:
                    return new PromptEnd.Lost();
                case PromptPlace.Running:
                    run.Started();
                    return null;
                default:
                    return null;
            }
        }
        catch (ComfyUiException exception)
        {
            // It may be running on behind a broken network, so nothing is decided before the server answers again.
            LogNoAnswer(logger, backend.Id, promptId, exception.Message);
            return null;
        }
    }

    private async Task<PromptEnd?> GiveUp(Backend backend, string promptId, IFollowedRun run, CancellationToken ct)
    {
        if (clock.GetUtcNow() > run.Deadline + InterruptPatience)
        {
            return new PromptEnd.Failed(run.TimedOut());
        }

        try
        {
            await backend.Client.Interrupt(promptId, ct);
            return await PromptLocator.Locate(backend, promptId, ct) switch
            {
                PromptPlace.Ended { Entry.Outcome: PromptOutcome.Succeeded } ended => new PromptEnd.Ended(ended.Entry),
                PromptPlace.Ended or PromptPlace.Nowhere => new PromptEnd.Failed(run.TimedOut()),
                _ => null,
            };
        }
        catch (ComfyUiException exception)
        {
            LogNoAnswer(logger, backend.Id, promptId, exception.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "ComfyUI {Backend} does not tell of prompt {PromptId}: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string backend, string promptId, string reason);
}
