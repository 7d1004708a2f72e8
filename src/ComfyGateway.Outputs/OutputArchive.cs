using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Outputs;

internal sealed class OutputArchive(IFileStore store, TimeProvider clock) : IOutputArchive
{
    public async Task<JobOutput> Keep(Guid jobId, MadeFile made, Stream content, ISet<string> taken, CancellationToken ct)
    {
        var name = OutputName.Unique(OutputName.Safe(made.Filename), taken);
        var path = $"{jobId}/{name}";
        var stored = await store.Store(path, content, ct);

        var kind = FileKind.Of(name, stored.Head.Span);
        var size = kind.Kind == "image" ? ImageSize.Of(stored.Head.Span) : null;
        return new JobOutput(
            name, made.Subfolder, path, stored.Size, stored.Sha256, kind.ContentType, kind.Kind, size?.Width, size?.Height, made.NodeId, clock.GetUtcNow());
    }
}
