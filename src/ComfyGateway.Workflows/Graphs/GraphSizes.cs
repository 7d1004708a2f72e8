using System.Globalization;
using System.Text.RegularExpressions;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>How large the pictures are that a node gives on, and how many; null for what the graph does not tell, such as the size of a file.</summary>
internal sealed record Extent(double? Width, double? Height, double? Batch)
{
    public static readonly Extent Unknown = new(null, null, null);

    public Extent Times(double factor) => this with { Width = Width * factor, Height = Height * factor };
}

/// <summary>
/// Follows sizes through a rendered graph, from the nodes that begin with one over those that pass them on. Not every node is understood: what is told is
/// true, what is not told may be anything.
/// </summary>
internal sealed partial class GraphSizes(GraphConstants graph)
{
    private const double MegaPixel = 1024 * 1024;

    // Through these a node takes the picture that it passes on, changed or not.
    public static readonly string[] Passing = ["samples", "latent_image", "pixels", "image", "images", "latent", "samples1", "image1"];

    private readonly Dictionary<string, Extent> _known = [];

    public Extent Of(string node)
    {
        if (!_known.TryGetValue(node, out var known))
        {
            _known[node] = known = Compute(node);
        }

        return known;
    }

    /// <summary>What goes into a node before it changes it.</summary>
    public Extent Into(string node) => Array.Find(Passing, p => graph.SourceOf(node, p) is not null) is { } input ? Of(graph.SourceOf(node, input)!) : Extent.Unknown;

    private Extent Compute(string node)
    {
        var into = Into(node);
        return graph.ClassOf(node) switch
        {
            "ImageScaleBy" or "LatentUpscaleBy" => Scaled(into, graph.Find(node, "scale_by")?.Number),
            "ImageUpscaleWithModel" => Scaled(into, ModelFactor(node)),
            "ImageScaleToTotalPixels" => OfPixels(into, graph.Find(node, "megapixels")?.Number * MegaPixel),
            "RepeatLatentBatch" or "RepeatImageBatch" => into with { Batch = into.Batch * graph.Find(node, "amount")?.Number },
            "ImageBatch" => into with { Batch = into.Batch + BatchOf(node, "image2") },
            "LatentBatch" => into with { Batch = into.Batch + BatchOf(node, "samples2") },
            _ => Own(node, into),
        };
    }

    private Extent Own(string node, Extent into) => new(
        Positive(graph.Find(node, "width")) ?? into.Width,
        Positive(graph.Find(node, "height")) ?? into.Height,
        Positive(graph.Find(node, "batch_size")) ?? into.Batch);

    private double? BatchOf(string node, string input) => graph.SourceOf(node, input) is { } source ? Of(source).Batch : null;

    private static Extent Scaled(Extent into, double? factor) => factor is { } times ? into.Times(times) : into with { Width = null, Height = null };

    /// <summary>Where the shape is not known, one side is at least that of a square.</summary>
    private static Extent OfPixels(Extent into, double? pixels) => (into, pixels) switch
    {
        ({ Width: { } width, Height: { } height }, { } total) => into.Times(Math.Sqrt(total / (width * height))),
        (_, { } total) => into with { Width = Math.Sqrt(total), Height = Math.Sqrt(total) },
        _ => into with { Width = null, Height = null },
    };

    /// <summary>Upscale models say in their names how many times larger they make a picture.</summary>
    private double? ModelFactor(string node) =>
        graph.SourceOf(node, "upscale_model") is { } loader
        && graph.TextOf(loader, "model_name") is { } name
        && Factor().Match(name) is { Success: true } match
            ? double.Parse(match.Groups["factor"].Value, CultureInfo.InvariantCulture)
            : null;

    // 4x-UltraSharp, RealESRGAN_x4plus, 2xNomos. Zero is 1 or an aspect ratio that is kept, in nodes that take it.
    [GeneratedRegex(@"(?<![0-9a-z])(?:(?<factor>[1-9][0-9]?)x|x(?<factor>[1-9][0-9]?)(?![0-9]))", RegexOptions.IgnoreCase)]
    private static partial Regex Factor();

    private static double? Positive(Constant? constant) => constant is { Number: > 0 } ? constant.Number : null;
}
