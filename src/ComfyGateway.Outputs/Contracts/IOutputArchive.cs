using ComfyGateway.Jobs;

namespace ComfyGateway.Outputs.Contracts;

/// <summary>Takes what a job made.</summary>
public interface IOutputArchive
{
    /// <summary>
    /// The names that a job's files are to have, in the order given: safe everywhere, and each once. The same for the same files, so that
    /// what is stored again after a crash takes its old place.
    /// </summary>
    /// <param name="made">Names as ComfyUI gave them; nothing in them is believed.</param>
    /// <param name="wish">In what form images are kept; null for as they are.</param>
    IReadOnlyList<string> Names(IEnumerable<MadeFile> made, OutputWish? wish);

    /// <summary>Stores one file of a job, converted where that is wished and it can be.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    Task<JobOutput> Keep(Guid jobId, MadeFile made, string name, OutputWish? wish, Stream content, CancellationToken ct);
}

/// <summary>A file as ComfyUI names it.</summary>
/// <param name="Filename">Without folder.</param>
/// <param name="Subfolder">Empty for none.</param>
public sealed record MadeFile(string NodeId, string Filename, string Subfolder);
