using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Nodes;

/// <summary>One input of a node. <paramref name="Type"/> is a type name, or the list of values to choose from.</summary>
internal sealed record InputSpec(string Name, bool Required, object? Type, PyDict Config)
{
    public PyList? Choices => Type as PyList ?? (Type is "COMBO" ? Config.Find("options") as PyList : null);

    /// <summary>The pair that error answers call input_config.</summary>
    public PyList TypeAndConfig => [Type, Config];

    public static InputSpec FromInfo(string name, bool required, PyList spec) =>
        new(name, required, spec[0], spec.Count > 1 ? (PyDict)spec[1]! : []);
}
