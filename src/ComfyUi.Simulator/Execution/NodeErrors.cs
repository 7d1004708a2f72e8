using System.Globalization;
using System.Numerics;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>The data of execution_error and execution_interrupted.</summary>
internal static class NodeErrors
{
    private const string OutOfMemoryTips =
        "This error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have accidentally set "
        + "the batch_size to a large number.";

    public static PythonError OutOfMemory() => new(
        "torch.cuda.OutOfMemoryError",
        "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity; 7.10 GiB already allocated; 0 bytes free; "
        + "7.20 GiB reserved in total by PyTorch)");

    public static PyDict Interrupted(NodeCall call, List<string> executed) => new()
    {
        ["node_id"] = call.Id,
        ["node_type"] = call.ClassType,
        ["executed"] = new PyList(executed),
    };

    public static PyDict Raised(NodeCall call, List<string> executed, Exception error)
    {
        var type = (error as PythonError)?.Type ?? "RuntimeError";
        var tips = type.EndsWith("OutOfMemoryError", StringComparison.Ordinal) ? OutOfMemoryTips : "";
        var data = Interrupted(call, executed);
        data["exception_message"] = $"{error.Message}\n{tips}";
        data["exception_type"] = type;
        data["traceback"] = new PyList
        {
            "  File \"/comfyui/execution.py\", line 496, in execute\n",
            $"  File \"/comfyui/nodes.py\", in {call.ClassType}\n",
        };
        data["current_inputs"] = CurrentInputs(call);
        data["current_outputs"] = new PyList(call.Run.Item.Prompt.Keys);
        return data;
    }

    private static PyDict CurrentInputs(NodeCall call)
    {
        var inputs = new PyDict(call.Inputs.Select(i => KeyValuePair.Create(i.Key, (object?)new PyList { Format(i.Value) })));
        foreach (var hidden in call.Run.Engine.Parts.Catalog.Find(call.ClassType)?.HiddenInputs ?? [])
        {
            inputs[hidden] = new PyList
            {
                hidden == "prompt"
                    ? PyText.Repr(call.Run.Item.Prompt)
                    : (call.Run.Item.ExtraData as PyDict)?.Find("extra_pnginfo") is { } info ? PyText.Repr(info) : null,
            };
        }

        return inputs;
    }

    private static object? Format(object? value) => value switch
    {
        NodeValue { Pixels: { Count: > 0 } pixels } => Tensor(pixels[0]),
        NodeValue => "<comfy object at 0x7f0000000000>",
        null or bool or string or BigInteger or double => value,
        _ => PyText.Repr(value),
    };

    /// <summary>Torch prints three of each dimension; the corners are enough for a stand-in.</summary>
    private static string Tensor(Raster pixels)
    {
        byte[] shown = [pixels.Pixels[0], pixels.Pixels[pixels.Pixels.Length / 2], pixels.Pixels[^1]];
        var row = $"[{string.Join(", ", shown.Select(p => (p / 255.0).ToString("0.0000", CultureInfo.InvariantCulture)))}]";
        return $"tensor([[[{row},\n          ...,\n          {row}]]])";
    }
}
