using ComfyUi.Simulator.Images;

namespace ComfyUi.Simulator.Execution;

/// <summary>Nodes of masks and alpha channels. A mask is white where the image is transparent.</summary>
internal static class MaskNodes
{
    public static NodeResult Join(NodeCall call)
    {
        var masks = call.Pixels("alpha");
        return NodeResult.Of([.. call.Pixels("image").Select((image, i) =>
        {
            var mask = masks[Math.Min(i, masks.Count - 1)];
            return image.WithAlpha(Resampling.Resize(mask, image.Width, image.Height).Inverted());
        })]);
    }

    public static NodeResult Split(NodeCall call)
    {
        var images = call.Pixels("image");
        return NodeResult.Of(
            NodeValue.Of([.. images.Select(i => i.WithoutAlpha())]),
            NodeValue.Of([.. images.Select(i => i.AlphaMask().Inverted())]));
    }

    public static NodeResult Invert(NodeCall call) => NodeResult.Of([.. call.Pixels("mask").Select(m => m.Inverted())]);

    public static NodeResult ToImage(NodeCall call) => NodeResult.Of([.. call.Pixels("mask").Select(m => m.AsColour())]);

    public static NodeResult FromImage(NodeCall call) => NodeResult.Of([.. call.Pixels("image").Select(image => call.Text("channel") switch
    {
        "alpha" => image.AlphaMask(),
        "green" => image.AsColour().Channel(1),
        "blue" => image.AsColour().Channel(2),
        _ => image.Channel(0),
    })]);
}
