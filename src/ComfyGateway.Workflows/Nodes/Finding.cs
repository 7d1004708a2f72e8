namespace ComfyGateway.Workflows.Nodes;

internal enum FindingKind { MissingNode, MissingModel, InvalidValue }

/// <summary>Why a backend would refuse a graph.</summary>
/// <param name="Path">Below the graph: <c>3.inputs.steps</c>; empty where it is about the whole of it.</param>
/// <param name="Subject">The node class, the model, or the value.</param>
internal sealed record Finding(FindingKind Kind, string Path, string Subject, string Message)
{
    /// <summary>The node that it is about.</summary>
    public string Node => Path[..Math.Max(Path.LastIndexOf(".inputs.", StringComparison.Ordinal), Path.LastIndexOf(".class_type", StringComparison.Ordinal))];
}
