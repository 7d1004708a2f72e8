using System.Runtime.ExceptionServices;
using System.Text;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Brings what a prompt made from ComfyUI into the store: streamed, and tried again until for 30 s no try got further than those before.</summary>
internal sealed partial class OutputCollector
{
    // Enough to hide the way to the store and back; each may hold a part of 8 MiB in memory.
    private const int AtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IOutputArchive _archive;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _persistent;

    public OutputCollector(IOutputArchive archive, TimeProvider clock, ILogger<OutputCollector> logger)
    {
        (_archive, _clock, _logger) = (archive, clock, logger);
        _persistent = new ResiliencePipelineBuilder { TimeProvider = clock }
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
        var files = FilesOf(run, entry);
        var texts = entry.Texts.GroupBy(t => t.NodeId).ToArray();
        MadeFile[] made =
        [
            .. files.Select(f => new MadeFile(f.NodeId, f.Filename, f.Subfolder)),
            .. texts.Select(t => new MadeFile(t.Key, $"{t.Key}.txt", "")),
        ];

        if (made.Length == 0 && entry.Files.Any(f => f.Type == "output"))
        {
            throw new IOException("ComfyUI lists no other files than such outside of its folders, and those it does not serve.");
        }

        var names = _archive.Names(made, job.Output);
        var outputs = new JobOutput[made.Length];
        await Parallel.ForAsync(0, made.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (n, token) =>
        {
            var keep = (Stream content, CancellationToken stop) => _archive.Keep(job.Id, made[n], names[n], job.Output, content, stop);
            outputs[n] = n < files.Length
                ? await Persist((reached, stop) => Fetch(backend, files[n], keep, reached, stop), token)
                : await Persist((_, stop) => keep(TextOf(texts[n - files.Length]), stop), token);
        });
        return outputs;
    }

    private OutputFile[] FilesOf(JobRun run, HistoryEntry entry)
    {
        // Previews are written as temporary files; they count only where nothing else was saved.
        var saved = Usable(entry.Files.Where(f => f.Type == "output" || run.Graph.SocketNodes.Contains(f.NodeId)));
        return saved.Length > 0 || entry.Texts.Count > 0 ? saved : Usable(entry.Files.Where(f => f.Type == "temp"));
    }

    /// <summary>Without those that another node lists too, and those that ComfyUI would not give: no other file is to be lost for them.</summary>
    private OutputFile[] Usable(IEnumerable<OutputFile> listed)
    {
        var files = listed.DistinctBy(f => (f.Filename, f.Subfolder, f.Type)).ToLookup(f => f.IsInside);
        foreach (var outside in files[false])
        {
            LogOutside(_logger, outside.NodeId);
        }

        return [.. files[true]];
    }

    /// <summary>Tries again; and where patience ends, fails for the reason that the last try had.</summary>
    /// <param name="attempt">Says how much of the file has come: a long one may take its time, as long as it gets on.</param>
    private async Task<JobOutput> Persist(Func<Action<long>, CancellationToken, Task<JobOutput>> attempt, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        var furthest = 0L;
        ExceptionDispatchInfo? reason = null;
        try
        {
            return await _persistent.ExecuteAsync(async stop => await Noting(s => attempt(Reached, s), e => reason = e, stop), either.Token);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (OperationCanceledException)
        {
            reason?.Throw();
            throw new IOException($"The store did not take it within {Patience.TotalSeconds} s.");
        }

        void Reached(long bytes)
        {
            if (bytes > furthest)
            {
                furthest = bytes;
                patience.CancelAfter(Patience);
            }
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
        Backend backend, OutputFile file, Func<Stream, CancellationToken, Task<JobOutput>> keep, Action<long> reached, CancellationToken ct)
    {
        FetchedStream? fetched = null;
        try
        {
            await using var viewed = await backend.Client.View(file, ct);
            fetched = new FetchedStream(viewed, reached);
            return await keep(fetched, ct);
        }
        catch (OperationCanceledException exception) when (fetched is null or { IsAwaited: true })
        {
            throw new ComfyUiException(ComfyUiFailure.Timeout, "ComfyUI did not send the file in time.", null, exception);
        }
    }

    private static MemoryStream TextOf(IEnumerable<TextOutput> texts) => new(Encoding.UTF8.GetBytes(string.Join('\n', texts.Select(t => t.Text))));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {NodeId} lists a file outside of ComfyUI's folders, which ComfyUI does not serve; it is left out")]
    private static partial void LogOutside(ILogger logger, string nodeId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching an output again: {Reason}")]
    private static partial void LogRetry(ILogger logger, string reason);
}
