using ComfyUi.Simulator.Images;

namespace ComfyUi.Simulator.Execution;

/// <summary>Nodes that make images out of images.</summary>
internal static class PixelNodes
{
    public static NodeResult Empty(NodeCall call)
    {
        var colour = call.Int("color");
        var image = Raster.Filled(
            call.Int("width", 512), call.Int("height", 512), (byte)(colour >> 16), (byte)(colour >> 8), (byte)colour);
        return NodeResult.Of([.. Enumerable.Repeat(image, call.Int("batch_size", 1))]);
    }

    public static NodeResult Invert(NodeCall call) => Each(call, image => image.Inverted());

    public static NodeResult Scale(NodeCall call) => Each(call, image => Resampling.Resize(
        image, call.Int("width"), call.Int("height"), call.Text("upscale_method"), call.Text("crop")));

    public static NodeResult ScaleBy(NodeCall call) => Times(call, call.Float("scale_by", 1), call.Text("upscale_method"));

    /// <summary>Upscale models are taken to be 4x, as most are.</summary>
    public static NodeResult Upscale(NodeCall call) => Times(call, 4, "lanczos");

    public static NodeResult Batch(NodeCall call)
    {
        var first = call.Pixels("image1");
        var second = call.Pixels("image2").Select(i => Resampling.Resize(i, first[0].Width, first[0].Height, "bilinear", "center"));
        return NodeResult.Of([.. first, .. second]);
    }

    public static NodeResult Crop(NodeCall call) =>
        Each(call, image => image.Crop(call.Int("x"), call.Int("y"), call.Int("width", 512), call.Int("height", 512)));

    /// <summary>Grey around the image; the mask is white where something is to be painted.</summary>
    public static NodeResult Pad(NodeCall call)
    {
        var (left, top) = (call.Int("left"), call.Int("top"));
        var images = call.Pixels("image");
        var padded = images.Select(image =>
        {
            var canvas = Raster.Filled(image.Width + left + call.Int("right"), image.Height + top + call.Int("bottom"), 128, 128, 128);
            canvas.Paste(image.WithoutAlpha(), left, top);
            return canvas;
        }).ToList();
        var mask = Raster.Filled(padded[0].Width, padded[0].Height, 255);
        mask.Paste(Raster.Filled(images[0].Width, images[0].Height, 0), left, top);
        return NodeResult.Of(NodeValue.Of(padded), NodeValue.Of([mask]));
    }

    private static NodeResult Times(NodeCall call, double factor, string? method) => Each(call, image => Resampling.Resize(
        image, Math.Max(1, (int)Math.Round(image.Width * factor)), Math.Max(1, (int)Math.Round(image.Height * factor)), method));

    private static NodeResult Each(NodeCall call, Func<Raster, Raster> change) => NodeResult.Of([.. call.Pixels("image").Select(change)]);
}
