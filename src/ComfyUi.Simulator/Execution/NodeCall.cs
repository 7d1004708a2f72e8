using System.Numerics;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>One node about to run: its inputs as they came out of the prompt and its upstream nodes.</summary>
internal sealed class NodeCall(string id, string classType, OrderedDictionary<string, object?> inputs, PromptRun run)
{
    public string Id => id;

    public string ClassType => classType;

    public IReadOnlyDictionary<string, object?> Inputs => inputs;

    public PromptRun Run => run;

    public IEnumerable<NodeValue> Linked => inputs.Values.OfType<NodeValue>();

    public NodeValue? Link(string name) => inputs.GetValueOrDefault(name) as NodeValue;

    public IReadOnlyList<Raster> Pixels(string name) =>
        Link(name)?.Pixels is { Count: > 0 } pixels ? pixels : throw new PythonError("AttributeError", $"'{name}' holds no image");

    public string? Text(string name) => inputs.GetValueOrDefault(name) switch
    {
        string text => text,
        NodeValue value => value.Text ?? value.Literal as string,
        _ => null,
    };

    public int Int(string name, int otherwise = 0) => Number(name) is { } d ? (int)Math.Clamp(d, int.MinValue, int.MaxValue) : otherwise;

    public double Float(string name, double otherwise = 0) => Number(name) ?? otherwise;

    public bool Flag(string name) => inputs.GetValueOrDefault(name) is true;

    public BigInteger? Seed(string name) => inputs.GetValueOrDefault(name) switch
    {
        BigInteger seed => seed,
        NodeValue value => value.Seed ?? value.Literal as BigInteger?,
        _ => null,
    };

    private double? Number(string name) => inputs.GetValueOrDefault(name) switch
    {
        BigInteger i => (double)i,
        double d => d,
        NodeValue { Literal: BigInteger i } => (double)i,
        NodeValue { Literal: double d } => d,
        _ => null,
    };
}
