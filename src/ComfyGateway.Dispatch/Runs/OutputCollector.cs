using System.Text;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Brings what a prompt made from ComfyUI into the store: streamed, and tried again for 30 s.</summary>
internal sealed partial class OutputCollector
{
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

    /// <summary>All outputs of a prompt, one after the other so that equal names get their numbers in ComfyUI's order.</summary>
    public async Task<IReadOnlyList<JobOutput>> Collect(Backend backend, Guid jobId, HistoryEntry entry, CancellationToken ct)
    {
        // Previews are written as temporary files; they count only where nothing else was saved.
        var saved = entry.Files.Where(f => f.Type == "output").ToArray();
        var files = saved.Length > 0 || entry.Texts.Count > 0 ? saved : [.. entry.Files.Where(f => f.Type == "temp")];

        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var outputs = new List<JobOutput>(files.Length + entry.Texts.Count);
        foreach (var file in files)
        {
            outputs.Add(await Fetch(backend, jobId, file, taken, ct));
        }

        foreach (var text in entry.Texts.GroupBy(t => t.NodeId))
        {
            var content = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', text.Select(t => t.Text))));
            outputs.Add(await _archive.Keep(jobId, new MadeFile(text.Key, $"{text.Key}.txt", ""), content, taken, ct));
        }

        return outputs;
    }

    private async Task<JobOutput> Fetch(Backend backend, Guid jobId, OutputFile file, HashSet<string> taken, CancellationToken ct) =>
        await _persistent.ExecuteAsync(async token =>
        {
            await using var viewed = await backend.Client.View(file, token);
            // A name counts as taken only once its file is stored.
            var attempt = new HashSet<string>(taken, taken.Comparer);
            var content = viewed.Length is { } length ? new WholeStream(viewed.Content, length) : viewed.Content;
            var output = await _archive.Keep(jobId, new MadeFile(file.NodeId, file.Filename, file.Subfolder), content, attempt, token);
            taken.Add(output.Filename);
            return output;
        }, ct);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching an output again: {Reason}")]
    private static partial void LogRetry(ILogger logger, string reason);
}
