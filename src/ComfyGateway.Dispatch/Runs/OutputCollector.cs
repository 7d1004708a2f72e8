using System.Runtime.ExceptionServices;
using System.Text;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Brings what a prompt made from ComfyUI into the store: streamed, and tried again for 30 s.</summary>
internal sealed partial class OutputCollector
{
    // Enough to hide the way to the store and back; each may hold a part of 8 MiB in memory.
    private const int AtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IOutputArchive _archive;
    private readonly ResiliencePipeline _persistent;

    public OutputCollector(IOutputArchive archive, TimeProvider clock, ILogger<OutputCollector> logger)
    {
        _archive = archive;
        _persistent = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddTimeout(Patience)
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<IOException>()
                    .Handle<ComfyUiException>(e => e.Kind != ComfyUiFailure.NotFound),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                UseJitter = true,
                OnRetry = retry =>
                {
                    LogRetry(logger, retry.Outcome.Exception!.Message);
                    return default;
                },
            })
            .Build();
    }

    /// <summary>
    /// All outputs of a prompt, some at a time. Their names are given out before, in ComfyUI's order, so it does not matter which is
    /// stored first, and one that is stored again after a crash replaces itself.
    /// </summary>
    public async Task<IReadOnlyList<JobOutput>> Collect(JobRun run, HistoryEntry entry, CancellationToken ct)
    {
        var (backend, job) = (run.Backend, run.Job);
        // Previews are written as temporary files; they count only where nothing else was saved.
        var saved = entry.Files.Where(f => f.Type == "output" || run.Graph.SocketNodes.Contains(f.NodeId)).ToArray();
        var files = saved.Length > 0 || entry.Texts.Count > 0 ? saved : [.. entry.Files.Where(f => f.Type == "temp")];
        var texts = entry.Texts.GroupBy(t => t.NodeId).ToArray();
        MadeFile[] made =
        [
            .. files.Select(f => new MadeFile(f.NodeId, f.Filename, f.Subfolder)),
            .. texts.Select(t => new MadeFile(t.Key, $"{t.Key}.txt", "")),
        ];

        var names = _archive.Names(made, job.Output);
        var outputs = new JobOutput[made.Length];
        await Parallel.ForAsync(0, made.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (n, token) =>
        {
            var keep = (Stream content, CancellationToken stop) => _archive.Keep(job.Id, made[n], names[n], job.Output, content, stop);
            outputs[n] = n < files.Length
                ? await Persist(stop => Fetch(backend, files[n], keep, stop), token)
                : await Persist(stop => keep(TextOf(texts[n - files.Length]), stop), token);
        });
        return outputs;
    }

    /// <summary>Tries again; and where patience ends, fails for the reason that the last try had.</summary>
    private async Task<JobOutput> Persist(Func<CancellationToken, Task<JobOutput>> attempt, CancellationToken ct)
    {
        ExceptionDispatchInfo? reason = null;
        try
        {
            return await _persistent.ExecuteAsync(async stop => await Noting(attempt, e => reason = e, stop), ct);
        }
        catch (TimeoutRejectedException) when (reason is not null)
        {
            reason.Throw();
            throw;
        }
    }

    private static async Task<JobOutput> Noting(Func<CancellationToken, Task<JobOutput>> attempt, Action<ExceptionDispatchInfo> failed, CancellationToken ct)
    {
        try
        {
            return await attempt(ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            failed(ExceptionDispatchInfo.Capture(exception));
            throw;
        }
    }

    private static async Task<JobOutput> Fetch(
        Backend backend, OutputFile file, Func<Stream, CancellationToken, Task<JobOutput>> keep, CancellationToken ct)
    {
        await using var viewed = await backend.Client.View(file, ct);
        return await keep(viewed.Length is { } length ? new WholeStream(viewed.Content, length) : viewed.Content, ct);
    }

    private static MemoryStream TextOf(IEnumerable<TextOutput> texts) => new(Encoding.UTF8.GetBytes(string.Join('\n', texts.Select(t => t.Text))));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching an output again: {Reason}")]
    private static partial void LogRetry(ILogger logger, string reason);
}
