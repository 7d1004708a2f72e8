using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>The nodes that load: pictures from the input folder, and checkpoints, of which one is kept.</summary>
internal static class LoadNodes
{
    public static async Task<NodeResult> Checkpoint(NodeCall call)
    {
        var name = call.Text("ckpt_name") ?? call.Text("unet_name");
        await EnsureLoaded(call, name);
        return NodeResult.Of(new NodeValue { Model = name });
    }

    public static async Task EnsureLoaded(NodeCall call, string? checkpoint)
    {
        var engine = call.Run.Engine;
        if (checkpoint is null || engine.LoadedCheckpoint == checkpoint)
        {
            return;
        }

        engine.Parts.Statistics.CheckpointLoaded();
        await Task.Delay(engine.Parts.Options.CheckpointLoadTime, call.Run.Stopped);
        engine.LoadedCheckpoint = checkpoint;
    }

    /// <summary>The picture, and as mask what is transparent in it; 64 x 64 of nothing where it has no alpha.</summary>
    public static NodeResult Image(NodeCall call)
    {
        var picture = Load(call);
        var mask = picture.Channels == 4 ? picture.AlphaMask().Inverted() : Raster.Filled(64, 64, 0);
        return NodeResult.Of(NodeValue.Of([picture.WithoutAlpha()]), NodeValue.Of([mask]));
    }

    public static NodeResult Mask(NodeCall call)
    {
        var picture = Load(call);
        return NodeResult.Of([call.Text("channel") switch
        {
            "alpha" => picture.Channels == 4 ? picture.AlphaMask().Inverted() : Raster.Filled(64, 64, 0),
            "green" => picture.AsColour().Channel(1),
            "blue" => picture.AsColour().Channel(2),
            _ => picture.AsColour().Channel(0),
        }]);
    }

    private static Raster Load(NodeCall call)
    {
        var path = call.Run.Engine.Parts.Folders.AnnotatedPath(call.Text("image") ?? "");
        return File.Exists(path)
            ? RasterFiles.Load(File.ReadAllBytes(path), path)
            : throw new PythonError("FileNotFoundError", $"[Errno 2] No such file or directory: {PyText.Repr(path)}");
    }
}
