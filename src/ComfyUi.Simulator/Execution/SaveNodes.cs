using System.Globalization;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>Output nodes for still images and text.</summary>
internal static class SaveNodes
{
    private const string TempLetters = "abcdefghijklmnopqrstupvxyz";

    public static NodeResult Save(NodeCall call) => Write(call, "output", call.Text("filename_prefix") ?? "ComfyUI");

    public static NodeResult Preview(NodeCall call)
    {
        var random = string.Concat(Enumerable.Range(0, 5).Select(_ => TempLetters[Random.Shared.Next(TempLetters.Length)]));
        return Write(call, "temp", $"ComfyUI_temp_{random}");
    }

    /// <summary>Sends the final PNG as a preview frame: progress 0 of 1, no file, nothing to show.</summary>
    public static NodeResult Websocket(NodeCall call)
    {
        var images = call.Pixels("images");
        for (var i = 0; i < images.Count; i++)
        {
            call.Run.Report(call, i, images.Count, new PreviewImage(RasterFiles.Png(images[i]), IsPng: true));
        }

        return NodeResult.Shows(null);
    }

    public static NodeResult Text(NodeCall call)
    {
        var source = call.Inputs.GetValueOrDefault("source");
        var text = source is NodeValue value ? value.Text ?? PyText.Str(value.Literal) : PyText.Str(source);
        return NodeResult.Shows(new PyDict { ["text"] = new PyList { text } });
    }

    /// <summary>The prompt and what the caller sent along go into the file.</summary>
    public static (string Key, string Text)[] Comments(NodeCall call)
    {
        var extra = (call.Run.Item.ExtraData as PyDict)?.Find("extra_pnginfo") as PyDict ?? [];
        return [("prompt", PyJson.Write(call.Run.Item.Prompt)), .. extra.Select(e => (e.Key, PyJson.Write(e.Value)))];
    }

    private static NodeResult Write(NodeCall call, string type, string prefix)
    {
        var images = call.Pixels("images");
        var place = OutputPlace.For(call.Run.Engine.Parts.Folders, type, prefix, images[0]);
        var comments = Comments(call);
        var saved = new PyList();
        for (var i = 0; i < images.Count; i++)
        {
            var name = place.Name(i, i.ToString(CultureInfo.InvariantCulture), "png");
            File.WriteAllBytes(Path.Combine(place.Folder, name), RasterFiles.Png(images[i], comments: comments));
            saved.Add(place.Entry(name));
        }

        return NodeResult.Shows(new PyDict { ["images"] = saved });
    }
}
