using System.Numerics;
using ComfyUi.Simulator.Images;

namespace ComfyUi.Simulator.Execution;

/// <summary>
/// What flows along a link. One record for all types: a latent is its size and the picture that sampling will make of it, a
/// conditioning is its text, a model its name.
/// </summary>
internal sealed record NodeValue
{
    public static NodeValue Nothing { get; } = new();

    public IReadOnlyList<Raster> Pixels { get; init; } = [];

    public int Width { get; init; }

    public int Height { get; init; }

    public int Batch { get; init; } = 1;

    public Picture? Picture { get; init; }

    public string? Text { get; init; }

    public BigInteger? Seed { get; init; }

    public int? Steps { get; init; }

    public double? Denoise { get; init; }

    public string? Model { get; init; }

    public object? Literal { get; init; }

    public static NodeValue Of(IReadOnlyList<Raster> pixels) =>
        new() { Pixels = pixels, Width = pixels[0].Width, Height = pixels[0].Height, Batch = pixels.Count };
}
