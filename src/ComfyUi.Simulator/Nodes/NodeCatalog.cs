using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Nodes;

/// <summary>The node list that /object_info serves and prompts are checked against.</summary>
internal sealed class NodeCatalog
{
    private static readonly Dictionary<string, string> ModelInputs = new()
    {
        ["ckpt_name"] = "checkpoints",
        ["lora_name"] = "loras",
        ["vae_name"] = "vae",
        ["control_net_name"] = "controlnet",
        ["clip_name"] = "text_encoders",
        ["clip_name1"] = "text_encoders",
        ["clip_name2"] = "text_encoders",
        ["unet_name"] = "diffusion_models",
        ["model_name"] = "upscale_models",
    };

    private readonly OrderedDictionary<string, NodeClass> _classes = new(StringComparer.Ordinal);
    private readonly DataFolders _folders;

    public NodeCatalog(IReadOnlyDictionary<string, IReadOnlyList<string>> models, DataFolders folders)
    {
        _folders = folders;
        foreach (var (name, info) in ReadList())
        {
            OfferModels((PyDict)info!, models);
            _classes[name] = NodeClass.FromInfo(name, WithDescription((PyDict)info!));
        }
    }

    public NodeClass? Find(string name) => _classes.GetValueOrDefault(name);

    public PyDict Info() => new(_classes.Select(c => KeyValuePair.Create(c.Key, (object?)InfoOf(c.Value))));

    public PyDict Info(string name) => Find(name) is { } found ? new PyDict { [name] = InfoOf(found) } : [];

    private static PyDict ReadList()
    {
        using var stream = typeof(NodeCatalog).Assembly.GetManifestResourceStream("object_info.json")!;
        using var reader = new StreamReader(stream);
        return (PyDict)PyJson.Parse(reader.ReadToEnd())!;
    }

    private static void OfferModels(PyDict info, IReadOnlyDictionary<string, IReadOnlyList<string>> models)
    {
        foreach (var (name, spec) in info.Dict("input").Values.OfType<PyDict>().SelectMany(section => section))
        {
            if (ModelInputs.TryGetValue(name, out var folder) && models.TryGetValue(folder, out var files))
            {
                SetChoices((PyList)spec!, new PyList(files.Order(StringComparer.Ordinal)));
            }
        }
    }

    private static void SetChoices(PyList spec, PyList choices)
    {
        if (spec[0] is PyList)
        {
            spec[0] = choices;
        }
        else
        {
            ((PyDict)spec[1]!)["options"] = choices;
        }
    }

    private static PyDict WithDescription(PyDict info)
    {
        info.TryAdd("description", "");
        info.TryAdd("python_module", "nodes");
        return info;
    }

    /// <summary>The real server looks into its input folder each time it is asked.</summary>
    private PyDict InfoOf(NodeClass node)
    {
        if (node.Name is not ("LoadImage" or "LoadImageMask" or "LoadAudio"))
        {
            return node.Info;
        }

        var info = (PyDict)PyJson.Parse(PyJson.Write(node.Info))!;
        var input = node.Name == "LoadAudio" ? "audio" : "image";
        SetChoices((PyList)info.Dict("input").Dict("required")[input]!, new PyList(_folders.InputFiles(node.Name)));
        return info;
    }
}
