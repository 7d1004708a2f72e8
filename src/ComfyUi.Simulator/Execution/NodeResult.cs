using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>A node's outputs by slot, and what it shows (the <c>output</c> of the <c>executed</c> message).</summary>
internal sealed record NodeResult(IReadOnlyList<NodeValue> Outputs, PyDict? Shown = null)
{
    public static NodeResult Of(params NodeValue[] outputs) => new(outputs);

    public static NodeResult Of(IReadOnlyList<Raster> pixels) => Of(NodeValue.Of(pixels));

    public static NodeResult Shows(PyDict? shown) => new([], shown);

    public NodeValue Slot(int index) => Outputs.Count == 0 ? NodeValue.Nothing : Outputs[Math.Min(index, Outputs.Count - 1)];
}
