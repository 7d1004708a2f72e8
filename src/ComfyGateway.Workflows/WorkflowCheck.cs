using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows;

/// <summary>What a version of a workflow must fulfil to be accepted, new or changed.</summary>
internal sealed class WorkflowCheck(GatewaySettings settings, INodeCatalogs catalogs)
{
    /// <exception cref="ProblemException">Names each fault by its member.</exception>
    public void Require(JsonElement graph, JsonElement? inputSchema, IReadOnlyDictionary<string, JsonElement> defaultParams) =>
        Require(graph, inputSchema, defaultParams, settings.MaxWorkflowNodes, new NodeKnowledge(catalogs.All));

    /// <summary>The same wherever the limits and the nodes are known from.</summary>
    public static void Require(
        JsonElement graph, JsonElement? inputSchema, IReadOnlyDictionary<string, JsonElement> defaultParams, int maxNodes, NodeKnowledge nodes)
    {
        var problems = GraphCheck.Problems(graph, "workflowJson", maxNodes);
        if (problems.Count > 0)
        {
            throw ProblemException.Invalid(problems);
        }

        var template = new Template(graph);
        var schema = PreparedWorkflow.SchemaOf(inputSchema, template, nodes);
        var found = NodeCheck.OutputProblems(graph, nodes)
            .Concat(GraphCheck.PlaceholderProblems(template, schema, defaultParams))
            .Concat(InputResolution.LayerProblems(schema, defaultParams, "defaultParams"))
            .ToList();
        if (found.Count > 0)
        {
            throw ProblemException.Invalid(found);
        }
    }

    /// <summary>What ComfyUI would refuse as it is now. It may get the node or the model later, so none of it is an error.</summary>
    public IReadOnlyList<string> Warnings(Workflow workflow)
    {
        var nodes = new NodeKnowledge(catalogs.All);
        if (nodes.IsEmpty)
        {
            return [];
        }

        var prepared = PreparedWorkflow.From(workflow);
        return [.. new NodeCheck(nodes).OfTemplate(prepared.Template.Graph, prepared.Defaults(nodes))
            .Select(f => f.Path.Length == 0 ? $"workflowJson {f.Message}" : $"workflowJson.{f.Path} {f.Message}")];
    }
}
