namespace ComfyGateway.Outputs.Conversion;

/// <summary>A format that images can be converted to.</summary>
internal sealed record ImageFormat(string Extension, string ContentType)
{
    public static readonly ImageFormat Png = new(".png", "image/png");
    public static readonly ImageFormat Jpeg = new(".jpg", "image/jpeg");
    public static readonly ImageFormat WebP = new(".webp", "image/webp");
    public static readonly ImageFormat Avif = new(".avif", "image/avif");

    // What is read: these, and GIF. Others (SVG above all) have loaders that are not made for strangers' files.
    private static readonly string[] Readable = [Png.ContentType, Jpeg.ContentType, WebP.ContentType, Avif.ContentType, "image/gif"];

    /// <summary>By a name of the API, which was checked.</summary>
    public static ImageFormat Named(string name) => name switch
    {
        "png" => Png,
        "jpg" or "jpeg" => Jpeg,
        "webp" => WebP,
        "avif" => Avif,
        _ => throw new ArgumentException($"There is no format {name}.", nameof(name)),
    };

    /// <summary>The format of a file that is in one of these already; null for others.</summary>
    public static ImageFormat? Of(string contentType) => Array.Find([Png, Jpeg, WebP, Avif], f => f.ContentType == contentType);

    public static bool IsReadable(string contentType) => Readable.Contains(contentType);
}
