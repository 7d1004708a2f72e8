using System.Buffers.Binary;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;
using NetVips;

namespace ComfyUi.Simulator.Execution;

/// <summary>Output nodes that put a batch into one animated file.</summary>
internal static class AnimationNodes
{
    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    public static NodeResult Webp(NodeCall call) => Write(call, "webp", images =>
    {
        var frames = images.Select(i => RasterFiles.ToVips(i.WithoutAlpha()).Copy(interpretation: Enums.Interpretation.Srgb)).ToArray();
        using var strip = Image.Arrayjoin(frames, across: 1);
        var delay = (int)(1000 / Math.Max(0.01, call.Float("fps", 6)));
        using var timed = strip.Mutate(m =>
        {
            m.Set(GValue.GIntType, "page-height", images[0].Height);
            m.Set(GValue.ArrayIntType, "delay", Enumerable.Repeat(delay, images.Count).ToArray());
            m.Set(GValue.GIntType, "loop", 0);
        });
        return timed.WebpsaveBuffer(q: Math.Clamp(call.Int("quality", 80), 0, 100), lossless: call.Flag("lossless"), effort: 2);
    });

    public static NodeResult Png(NodeCall call) => Write(call, "png", images =>
    {
        var delay = (int)(1000 / Math.Max(0.01, call.Float("fps", 6)));
        return Apng(images.Select(i => RasterFiles.Png(i)).ToList(), images[0], delay, SaveNodes.Comments(call));
    });

    private static NodeResult Write(NodeCall call, string extension, Func<IReadOnlyList<Raster>, byte[]> encode)
    {
        var images = call.Pixels("images");
        var place = OutputPlace.For(call.Run.Engine.Parts.Folders, "output", call.Text("filename_prefix") ?? "ComfyUI", images[0]);
        var name = place.Name(0, "0", extension);
        File.WriteAllBytes(Path.Combine(place.Folder, name), encode(images));
        return NodeResult.Shows(new PyDict
        {
            ["images"] = new PyList { place.Entry(name) },
            ["animated"] = new PyList { images.Count != 1 || extension == "png" },
        });
    }

    /// <summary>libvips writes no animated PNG: the first frame's data stays IDAT, that of the others becomes fdAT.</summary>
    private static byte[] Apng(List<byte[]> frames, Raster first, int delay, IReadOnlyCollection<(string, string)> comments)
    {
        using var file = new MemoryStream();
        file.Write(PngSignature);
        PngChunks.Write(file, "IHDR", PngChunks.Read(frames[0]).First(c => c.Type == "IHDR").Data);
        PngChunks.Write(file, "acTL", Numbers(frames.Count, 0));
        var sequence = 0;
        for (var i = 0; i < frames.Count; i++)
        {
            var control = Numbers(sequence++, first.Width, first.Height, 0, 0);
            PngChunks.Write(file, "fcTL", [.. control, (byte)(delay >> 8), (byte)delay, 0x03, 0xe8, 0, 0]);
            foreach (var (_, data) in PngChunks.Read(frames[i]).Where(c => c.Type == "IDAT"))
            {
                PngChunks.Write(file, i == 0 ? "IDAT" : "fdAT", i == 0 ? data : [.. Numbers(sequence++), .. data]);
            }
        }

        PngChunks.Write(file, "IEND", []);
        return PngChunks.WithText(file.ToArray(), comments);
    }

    private static byte[] Numbers(params int[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * 4), values[i]);
        }

        return bytes;
    }
}
