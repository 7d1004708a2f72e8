using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Nodes;

/// <summary>One entry of /object_info. <paramref name="Outputs"/> are type names.</summary>
internal sealed record NodeClass(string Name, IReadOnlyList<InputSpec> Inputs, IReadOnlyList<string> Outputs, bool IsOutput, PyDict Info)
{
    public IEnumerable<string> HiddenInputs => Info.Dict("input").Find("hidden") is PyDict hidden ? hidden.Keys : [];

    public static NodeClass FromInfo(string name, PyDict info) => new(
        name,
        [.. Section(info, "required", true), .. Section(info, "optional", false)],
        [.. ((PyList)info["output"]!).Select(t => t as string ?? "COMBO")],
        info["output_node"] is true,
        info);

    private static IEnumerable<InputSpec> Section(PyDict info, string section, bool required) =>
        info.Dict("input").Find(section) is PyDict inputs
            ? inputs.Select(i => InputSpec.FromInfo(i.Key, required, (PyList)i.Value!))
            : [];
}
