using NetVips;

namespace ComfyGateway.Outputs.Conversion;

/// <summary>Converts image files by libvips, some at a time: each takes the memory of a few rows to a whole image.</summary>
internal sealed class ImageConverter : IDisposable
{
    // 16,384 x 8,192, all frames of an animation together.
    private const long MaxPixels = 128L * 1024 * 1024;

    private static readonly double[] White = [255, 255, 255];

    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount / 2));

    static ImageConverter() => NetVips.NetVips.BlockUntrusted = true;

    /// <exception cref="UnreadableImageException">It is no image, is broken, or too large.</exception>
    public async Task Convert(string source, string target, Rendition rendition, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        try
        {
            await Task.Run(() => Run(source, target, rendition), ct);
        }
        catch (VipsException exception)
        {
            throw Unreadable(exception);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>How many frames a file has; more than one where it moves.</summary>
    /// <exception cref="UnreadableImageException">It is no image, or broken.</exception>
    public static int Frames(string file)
    {
        try
        {
            using var image = Image.NewFromFile(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            return FramesOf(image);
        }
        catch (VipsException exception)
        {
            throw Unreadable(exception);
        }
    }

    public void Dispose() => _places.Dispose();

    private static UnreadableImageException Unreadable(VipsException exception) => new($"it cannot be read as an image: {exception.Message.Split('\n')[0].Trim()}");

    private static void Run(string source, string target, Rendition rendition)
    {
        using var header = Image.NewFromFile(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        var frames = rendition.Format == ImageFormat.WebP ? FramesOf(header) : 1;
        if ((long)header.Width * header.Height * frames > MaxPixels)
        {
            throw new UnreadableImageException($"it has {header.Width} x {header.Height} pixels in {frames} frames, and at most {MaxPixels} pixels are converted");
        }

        using var fitted = Fit(frames > 1 ? $"{source}[n=-1]" : source, header, rendition);
        using var shown = rendition.Format == ImageFormat.Jpeg && fitted.HasAlpha() ? fitted.Flatten(background: White) : fitted.Copy();
        Save(shown, target, rendition);
    }

    private static Image Fit(string source, Image header, Rendition rendition)
    {
        if (rendition is { Width: null, Height: null })
        {
            using var whole = Image.NewFromFile(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            return whole.Autorot();
        }

        // A side that is not given bounds nothing.
        var free = Math.Max(header.Width, header.Height) * 2;
        return Image.Thumbnail(source, rendition.Width ?? free, height: rendition.Height ?? free, size: Enums.Size.Down, failOn: Enums.FailOn.Error);
    }

    // The color profile is no metadata: without it the colors are others.
    private static void Save(Image image, string target, Rendition rendition)
    {
        var keep = rendition.KeepsMetadata ? Enums.ForeignKeep.All : Enums.ForeignKeep.Icc;
        if (rendition.Format == ImageFormat.Png)
        {
            image.Pngsave(target, keep: keep);
        }
        else if (rendition.Format == ImageFormat.Jpeg)
        {
            image.Jpegsave(target, q: rendition.Quality, keep: keep);
        }
        else if (rendition.Format == ImageFormat.WebP)
        {
            image.Webpsave(target, q: rendition.Quality, keep: keep);
        }
        else
        {
            image.Heifsave(target, q: rendition.Quality, compression: Enums.ForeignHeifCompression.Av1, effort: 2, keep: keep);
        }
    }

    private static int FramesOf(Image image) => image.Contains("n-pages") ? System.Convert.ToInt32(image.Get("n-pages"), System.Globalization.CultureInfo.InvariantCulture) : 1;
}

/// <summary>A file cannot be converted, for a reason that is in the file.</summary>
internal sealed class UnreadableImageException(string reason) : Exception(reason);
