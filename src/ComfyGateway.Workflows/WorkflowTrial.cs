using System.Text.Json;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Nodes;

namespace ComfyGateway.Workflows;

/// <summary>What would become of a job with these values: why the gateway would refuse it, and why each backend would.</summary>
internal sealed class WorkflowTrial(WorkflowCatalog workflows, INodeCatalogs catalogs, IInputFiles files, GatewaySettings settings)
{
    private static readonly IReadOnlyDictionary<string, string[]> Nothing = new Dictionary<string, string[]>();

    public async Task<Outcome> Of(string workflowId, JobInputs given, Caller caller, CancellationToken ct)
    {
        var workflow = await workflows.Current(workflowId, ct);
        var backends = catalogs.All;
        var nodes = new NodeKnowledge(backends);
        try
        {
            var resolved = workflow.Resolve(given, new GraphLimits(settings), nodes);
            await files.Look(resolved.Images, caller, ct);
            var graph = JsonElement.Parse(workflow.Template.Render(resolved.Inputs).Span);
            return new Outcome(Nothing, [.. backends.Select(b => (b, Check(b).OfGraph(graph)))]);
        }
        catch (ProblemException refused) when (refused.Errors.Count > 0)
        {
            // No graph comes of these values; of the template it can still be said whether its nodes and its own models are there.
            var defaults = workflow.Defaults(nodes);
            return new Outcome(refused.Errors, [.. backends.Select(b => (b, Check(b).OfTemplate(workflow.Template.Graph, defaults)))]);
        }
    }

    private static NodeCheck Check(BackendNodes backend) => new(new NodeKnowledge([backend]));

    /// <param name="Problems">By member path.</param>
    internal sealed record Outcome(IReadOnlyDictionary<string, string[]> Problems, IReadOnlyList<(BackendNodes Backend, IReadOnlyList<Finding> Findings)> Backends);
}
