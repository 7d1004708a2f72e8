using ComfyGateway.Dispatch.Backends;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Brings a prompt into ComfyUI's queue once. An answer that leaves it open whether the prompt was taken (a lost connection, a 500) is
/// settled by looking for the prompt before it is sent again. A server that does not even tell that is not waited for here, where it would
/// hold up jobs that can go elsewhere: it may have the prompt.
/// </summary>
internal sealed partial class PromptSubmitter(InputDelivery inputs, JobPlacement placement, TimeProvider clock, ILogger<PromptSubmitter> logger)
{
    // A server that neither takes nor refuses, or ends while it is asked to, will do so again.
    private const int MaxUnclearAnswers = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Null once ComfyUI has the prompt, or may have it; else why it has not.</summary>
    public async Task<PromptEnd?> Submit(JobRun run, CancellationToken ct)
    {
        var (backend, promptId) = (run.Backend, run.PromptId);
        var isBroughtAgain = false;
        for (var unclear = 0; ;)
        {
            var connected = backend.WaitUntilConnected(ct);
            if (run.Intent != RunIntent.Finish || !connected.IsCompletedSuccessfully)
            {
                // Wanted back, or nowhere to send it to: another backend may have the job.
                return new PromptEnd.TakenBack();
            }

            try
            {
                var clientId = await connected;
                run.SentAt = clock.GetUtcNow();
                var answer = await backend.Client.Submit(new PromptRequest(promptId, clientId, run.Graph.Bytes), ct);
                if (isBroughtAgain || answer is not PromptSubmission.Refused refused || !InputDelivery.IsMissing(run.Job, refused.NodeErrors))
                {
                    return await Judge(run, answer, ct);
                }

                isBroughtAgain = true;
                await inputs.BringAgain(backend, run.Job, ct);
            }
            catch (ComfyUiException exception)
            {
                LogUnclear(logger, backend.Id, promptId, exception.Message);
                if (!exception.NotSent && await PromptLocator.TryLocate(backend, promptId, ct) is not PromptPlace.Nowhere)
                {
                    return null;
                }

                if (!exception.NotSent && ++unclear == MaxUnclearAnswers)
                {
                    return NotTaken(backend, exception);
                }

                await Task.Delay(Pause, clock, ct);
            }
        }
    }

    private static PromptEnd NotTaken(Backend backend, ComfyUiException reason) =>
        reason.Kind is ComfyUiFailure.UnexpectedStatus or ComfyUiFailure.UnreadableAnswer
            ? new PromptEnd.Failed(new("COMFYUI_NODE_ERROR", $"ComfyUI does not take the prompt: {reason.Message}", false, "Check the workflow.", null, null, 0))
            : new PromptEnd.Lost(RunFailure.Away(backend.Id));

    private async Task<PromptEnd?> Judge(JobRun run, PromptSubmission answer, CancellationToken ct)
    {
        switch (answer)
        {
            case PromptSubmission.Refused refused:
                return await placement.Refusal(run, RunFailure.OfRefusal(refused), ct);
            case PromptSubmission.Accepted { IsPartial: true } partial:
                // ComfyUI would run the valid outputs and call it a success: the job asked for all of them.
                run.Refuse(await RefusalOf(run, partial, ct));
                return null;
            default:
                run.IsWhole = true;
                return null;
        }
    }

    private async ValueTask<PromptEnd> RefusalOf(JobRun run, PromptSubmission.Accepted partial, CancellationToken ct)
    {
        var error = RunFailure.OfNodes(partial.NodeErrors)!;
        if (!InputDelivery.IsMissing(run.Job, partial.NodeErrors))
        {
            return await placement.Refusal(run, error, ct);
        }

        // The prompt cannot be sent again before it is out of ComfyUI's hands, so this attempt is over.
        inputs.Forget(run.Backend, run.Job);
        return new PromptEnd.Failed(error with { Retryable = true });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} gave no clear answer to prompt {PromptId}: {Reason}")]
    private static partial void LogUnclear(ILogger logger, string backend, string promptId, string reason);
}
