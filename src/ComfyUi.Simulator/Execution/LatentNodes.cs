using ComfyUi.Simulator.Images;

namespace ComfyUi.Simulator.Execution;

/// <summary>Latents are their size in pixels, the picture sampled into them, and the pixels they were encoded from.</summary>
internal static class LatentNodes
{
    public static NodeResult Empty(NodeCall call) => NodeResult.Of(new NodeValue
    {
        Width = Eights(call.Int("width", 512)),
        Height = Eights(call.Int("height", 512)),
        Batch = call.Int("batch_size", 1),
    });

    public static NodeResult Encode(NodeCall call)
    {
        var pixels = call.Pixels("pixels");
        return NodeResult.Of(NodeValue.Of(pixels) with { Width = Eights(pixels[0].Width), Height = Eights(pixels[0].Height) });
    }

    public static NodeResult Scale(NodeCall call)
    {
        var latent = call.Link("samples") ?? NodeValue.Nothing;
        var (width, height) = (call.Int("width"), call.Int("height"));
        return NodeResult.Of(latent with
        {
            Width = Eights(width > 0 ? width : height > 0 ? latent.Width * height / Math.Max(1, latent.Height) : latent.Width),
            Height = Eights(height > 0 ? height : width > 0 ? latent.Height * width / Math.Max(1, latent.Width) : latent.Height),
        });
    }

    public static NodeResult ScaleBy(NodeCall call)
    {
        var latent = call.Link("samples") ?? NodeValue.Nothing;
        var factor = call.Float("scale_by", 1);
        return NodeResult.Of(latent with { Width = Eights(latent.Width * factor), Height = Eights(latent.Height * factor) });
    }

    public static NodeResult Decode(NodeCall call)
    {
        var latent = call.Link("samples") ?? NodeValue.Nothing;
        var size = (Width: Math.Max(8, latent.Width), Height: Math.Max(8, latent.Height));
        var all = Enumerable.Range(0, Math.Max(1, latent.Batch));
        return NodeResult.Of([.. all.Select(i => DecodeOne(latent, i, size.Width, size.Height))]);
    }

    private static Raster DecodeOne(NodeValue latent, int index, int width, int height)
    {
        var source = latent.Pixels.Count > 0
            ? Resampling.Resize(latent.Pixels[Math.Min(index, latent.Pixels.Count - 1)].WithoutAlpha(), width, height, "bicubic")
            : null;
        if (latent.Picture is not { } picture)
        {
            return source ?? Raster.Filled(width, height, 125, 119, 112);
        }

        var scene = Landscape.Paint(picture, width, height, index);
        var mixed = source is null ? scene : source.Mix(scene, picture.Strength);
        Caption.Write(mixed, picture, index);
        return mixed;
    }

    private static int Eights(double pixels) => Math.Max(8, (int)pixels / 8 * 8);
}
