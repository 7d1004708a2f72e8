using System.Collections.ObjectModel;
using System.Text.Json;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;

namespace ComfyGateway.Jobs;

/// <summary>What a request wants to be run: its workflow with all values, checked, and the files that it needs.</summary>
internal sealed class RequestedWork(IWorkflowCatalog workflows, IInputFiles files, GatewaySettings settings)
{
    /// <exception cref="ProblemException">The workflow is unknown, or not the caller's to bring along, or a value is not accepted.</exception>
    public async Task<ResolvedWorkflow> Resolve(string? workflowId, JsonElement? inline, JobInputs inputs, Caller caller, CancellationToken ct)
    {
        if (inline is not { } graph)
        {
            return await workflows.Resolve(workflowId!, inputs, ct);
        }

        if (!caller.IsAdmin && !settings.AllowInlineWorkflows)
        {
            throw new ProblemException(ProblemCode.Forbidden, "Only an admin may send \"workflow\" here; name a registered one in \"workflowId\".");
        }

        return workflows.ResolveInline(graph, inputs);
    }

    /// <summary>The inputs as the job keeps them, each file as <c>upload:</c> and its id, and the files.</summary>
    /// <exception cref="ProblemException">A file is not to be had or not accepted.</exception>
    public async Task<(IReadOnlyDictionary<string, JsonElement> Inputs, IReadOnlyDictionary<string, JobFile> Files)> TakeFiles(
        ResolvedWorkflow resolved, Caller caller, CancellationToken ct)
    {
        if (resolved.Images.Count == 0)
        {
            return (resolved.Inputs, ReadOnlyDictionary<string, JobFile>.Empty);
        }

        var taken = await files.Take(resolved.Images, caller, ct);
        return (
            resolved.Inputs.With(taken.Select(f => KeyValuePair.Create(f.Key, $"upload:{f.Value.UploadId}"))),
            taken.ToDictionary(f => f.Key, f => new JobFile(f.Value.UploadId, f.Value.StoragePath, f.Value.Sha256, f.Value.Name)));
    }
}
