using ComfyGateway.Jobs;

namespace ComfyGateway.Outputs.Contracts;

/// <summary>Takes what a job made.</summary>
public interface IOutputArchive
{
    /// <summary>Stores one file of a job under a name that is unique among <paramref name="taken"/>.</summary>
    /// <param name="made">Names as ComfyUI gave them; nothing in them is believed.</param>
    /// <param name="taken">Names that the job's files have already; the new one is added.</param>
    Task<JobOutput> Keep(Guid jobId, MadeFile made, Stream content, ISet<string> taken, CancellationToken ct);
}

/// <summary>A file as ComfyUI names it.</summary>
/// <param name="Filename">Without folder.</param>
/// <param name="Subfolder">Empty for none.</param>
public sealed record MadeFile(string NodeId, string Filename, string Subfolder);
