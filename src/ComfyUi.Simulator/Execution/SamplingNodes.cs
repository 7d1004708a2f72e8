using System.Numerics;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>The nodes that take their time, step by step.</summary>
internal static class SamplingNodes
{
    private const int PreviewSize = 256;

    public static async Task<NodeResult> Sample(NodeCall call)
    {
        var latent = call.Link("latent_image") ?? NodeValue.Nothing;
        var picture = PictureOf(call, latent);
        await LoadNodes.EnsureLoaded(call, picture.Model);
        var steps = Math.Max(1, picture.Steps);
        var preview = call.Run.Engine.Parts.Options.PreviewFrames ? Sketch(picture, latent) : null;
        var noise = preview is null ? null : Noise(preview);
        for (var step = 1; step <= steps; step++)
        {
            await Task.Delay(call.Run.Engine.Parts.Options.StepTime, call.Run.Stopped);
            call.Run.Report(call, step, steps, preview is null ? null : Frame(noise!.Mix(preview, (double)step / steps)));
        }

        return NodeResult.Of(latent with { Picture = picture });
    }

    /// <summary>Fails halfway if it is told to; looks at interrupts once per step.</summary>
    public static async Task<NodeResult> Sleep(NodeCall call)
    {
        var steps = call.Int("steps", 4);
        var pause = TimeSpan.FromSeconds(call.Float("seconds", 1) / steps);
        for (var step = 0; step < steps; step++)
        {
            await Task.Delay(pause, call.Run.Stopped);
            if (step >= steps / 2)
            {
                Fail(call.Text("fail"));
            }

            var preview = call.Flag("preview") ? Frame(Raster.Filled(512, 512, (byte)(255 * (step + 1) / steps), 64, 128)) : null;
            call.Run.Report(call, step + 1, steps, preview);
        }

        return NodeResult.Of(call.Link("image") ?? NodeValue.Nothing);
    }

    private static void Fail(string? how)
    {
        if (how == "oom")
        {
            throw NodeErrors.OutOfMemory();
        }

        if (how == "error")
        {
            throw PythonError.ValueError("GatewayTestSleep was told to fail");
        }
    }

    private static Picture PictureOf(NodeCall call, NodeValue latent)
    {
        var seed = call.Seed("seed") ?? call.Seed("noise_seed") ?? call.Link("noise")?.Seed ?? BigInteger.Zero;
        var denoise = call.Inputs.ContainsKey("denoise") ? call.Float("denoise", 1) : call.Link("sigmas")?.Denoise ?? 1;
        var isRefinement = denoise < 1 && latent.Picture is not null;
        return new Picture(
            (call.Link("positive") ?? call.Link("guider"))?.Text ?? call.Linked.FirstOrDefault(v => v.Text is not null)?.Text ?? "",
            isRefinement ? latent.Picture!.Seed : (ulong)(seed & ulong.MaxValue),
            call.Inputs.ContainsKey("steps") ? call.Int("steps", 20) : call.Link("sigmas")?.Steps ?? 20,
            (call.Link("model") ?? call.Link("guider"))?.Model,
            latent.Pixels.Count > 0 ? denoise : 1);
    }

    private static Raster Sketch(Picture picture, NodeValue latent)
    {
        var longer = Math.Max(1, Math.Max(latent.Width, latent.Height));
        var scale = Math.Min(1, (double)PreviewSize / longer);
        return Landscape.Paint(picture, Math.Max(8, (int)(latent.Width * scale)), Math.Max(8, (int)(latent.Height * scale)), 0);
    }

    private static PreviewImage Frame(Raster picture) => new(RasterFiles.Encode(picture, "jpeg", 80), IsPng: false);

    /// <summary>What the picture comes out of.</summary>
    private static Raster Noise(Raster like)
    {
        var pixels = new byte[like.Pixels.Length];
        var state = 88172645463325252UL;
        for (var i = 0; i < pixels.Length; i++)
        {
            state = Landscape.Scramble(state + (ulong)i);
            pixels[i] = (byte)(64 + (state & 127));
        }

        return like with { Pixels = pixels };
    }
}
