using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Problems;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Brings the files of jobs into ComfyUI's input folder, once to each backend. They are named by their content, so a file that is there already under its
/// name is the right one, and two jobs with the same picture share it.
/// </summary>
internal sealed partial class InputDelivery(IFileStore store, TimeProvider clock, ILogger<InputDelivery> logger)
{
    private const int MaxTries = 5;

    // Beyond this many it is forgotten what is there; bringing it again costs an upload and harms nothing.
    private const int MaxRemembered = 10_000;

    private readonly ConditionalWeakTable<Backend, ConcurrentDictionary<string, Task>> _there = [];

    /// <summary>Returns when all files of the job are there.</summary>
    /// <exception cref="ComfyUiException">The backend does not take one.</exception>
    /// <exception cref="ProblemException">One is no longer in the store.</exception>
    public async Task Bring(Backend backend, Job job, CancellationToken ct)
    {
        foreach (var file in job.Files.Values)
        {
            await Bring(backend, file, ct);
        }
    }

    /// <summary>The same, for files that the backend turned out not to have. Where that fails it is left to the backend to say what it misses.</summary>
    public async Task BringAgain(Backend backend, Job job, CancellationToken ct)
    {
        Forget(backend, job);
        try
        {
            await Bring(backend, job, ct);
        }
        catch (Exception exception) when (exception is ComfyUiException or IOException or ProblemException)
        {
            LogNotBrought(logger, exception, backend.Id, job.Id);
        }
    }

    /// <summary>The backend turned out not to have the job's files: the next attempt there brings them.</summary>
    public void Forget(Backend backend, Job job)
    {
        LogLost(logger, backend.Id, job.Id);
        _there.Remove(backend);
    }

    /// <summary>Whether nodes were refused for a file that the backend should have.</summary>
    public static bool IsMissing(Job job, IReadOnlyList<NodeErrors> refused) => job.Files.Count > 0
        && refused.SelectMany(n => n.Errors).Any(e => job.Files.Values.Any(f => e.Details.Contains(f.Name, StringComparison.Ordinal)));

    private async Task Bring(Backend backend, JobFile file, CancellationToken ct)
    {
        var there = _there.GetValue(backend, _ => new ConcurrentDictionary<string, Task>());
        if (there.Count > MaxRemembered)
        {
            there.Clear();
        }

        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var first = there.GetOrAdd(file.Name, mine.Task); first != mine.Task; first = there.GetOrAdd(file.Name, mine.Task))
        {
            // Another job brings the same file. Should it not succeed, this one tries itself.
            await first.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            if (first.IsCompletedSuccessfully)
            {
                return;
            }
        }

        try
        {
            await Persistently(backend, file, ct);
            mine.SetResult();
        }
        catch
        {
            there.TryRemove(KeyValuePair.Create(file.Name, mine.Task));
            mine.SetCanceled(CancellationToken.None);
            throw;
        }
    }

    private async Task Persistently(Backend backend, JobFile file, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Send(backend, file, ct);
                return;
            }
            catch (Exception exception) when (exception is ComfyUiException or IOException && attempt < MaxTries && backend.IsConnected)
            {
                LogRetry(logger, file.Name, backend.Id, exception.Message);
                await Task.Delay(RetryPolicy.Backoff(attempt, Random.Shared.NextDouble()), clock, ct);
            }
        }
    }

    private async Task Send(Backend backend, JobFile file, CancellationToken ct)
    {
        // What is there under the name is kept if it has these bytes. If it has not, it is a file that was cut off, and is replaced.
        if (await Send(backend, file, overwrite: false, ct) != file.Name && await Send(backend, file, overwrite: true, ct) is var other && other != file.Name)
        {
            throw new ComfyUiException(ComfyUiFailure.UnreadableAnswer, $"ComfyUI keeps the input \"{file.Name}\" under another name, \"{other}\".");
        }

        LogBrought(logger, file.Name, backend.Id);
    }

    private async Task<string> Send(Backend backend, JobFile file, bool overwrite, CancellationToken ct)
    {
        await using var content = await store.Open(file.StoragePath, ct)
            ?? throw new ProblemException(ProblemCode.ValidationError, $"The upload {file.UploadId} that it needs is no longer in the store.");
        var slash = file.Name.LastIndexOf('/');
        var uploaded = await backend.Client.Upload(content, file.Name[(slash + 1)..], file.Name[..slash], "input", overwrite, ct);
        return uploaded.InputValue;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The input {Name} is on {Backend}")]
    private static partial void LogBrought(ILogger logger, string name, string backend);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Bringing the input {Name} to {Backend} again: {Reason}")]
    private static partial void LogRetry(ILogger logger, string name, string backend, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inputs of job {JobId} could not be brought to {Backend}")]
    private static partial void LogNotBrought(ILogger logger, Exception exception, string backend, Guid jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} no longer has the inputs of job {JobId}; they are brought again")]
    private static partial void LogLost(ILogger logger, string backend, Guid jobId);
}
