using System.Globalization;
using ComfyGateway.Jobs;

namespace ComfyGateway.Outputs.Conversion;

/// <summary>How an image is to be: format, quality, the box that it fits into, and whether it tells how it was made.</summary>
internal sealed record Rendition(ImageFormat Format, int Quality, int? Width, int? Height, bool KeepsMetadata)
{
    private const int GoodQuality = 85;

    /// <summary>Tells this rendition of a file from all others.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture, $"{Width ?? 0}x{Height ?? 0}-q{Quality}{(KeepsMetadata ? "-meta" : "")}{Format.Extension}");

    public static Rendition Of(OutputWish wish) =>
        new(ImageFormat.Named(wish.Format), wish.Quality ?? GoodQuality, wish.Width, wish.Height, KeepsMetadata: false);
}
