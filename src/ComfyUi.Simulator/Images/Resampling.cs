using NetVips;

namespace ComfyUi.Simulator.Images;

/// <summary>Scaling with ComfyUI's names for the methods.</summary>
internal static class Resampling
{
    public static Raster Resize(Raster picture, int width, int height, string? method = null)
    {
        if (picture.Width == width && picture.Height == height)
        {
            return picture;
        }

        using var source = RasterFiles.ToVips(picture);
        using var scaled = source.Resize((double)width / picture.Width, Kernel(method), vscale: (double)height / picture.Height);
        using var fitting = scaled.Width == width && scaled.Height == height
            ? scaled.Copy()
            : scaled.Gravity(Enums.CompassDirection.NorthWest, width, height, Enums.Extend.Copy);
        return new Raster(width, height, picture.Channels, fitting.WriteToMemory<byte>());
    }

    /// <summary>To a size of which one side may be 0 (keep the proportions); <paramref name="crop"/> may be center.</summary>
    public static Raster Resize(Raster picture, int width, int height, string? method, string? crop)
    {
        if (width == 0 && height == 0)
        {
            return picture;
        }

        width = width > 0 ? width : Math.Max(1, (int)Math.Round((double)picture.Width * height / picture.Height));
        height = height > 0 ? height : Math.Max(1, (int)Math.Round((double)picture.Height * width / picture.Width));
        return Resize(crop == "center" ? Centre(picture, (double)width / height) : picture, width, height, method);
    }

    private static Raster Centre(Raster picture, double proportion)
    {
        var width = Math.Min(picture.Width, (int)Math.Round(picture.Height * proportion));
        var height = Math.Min(picture.Height, (int)Math.Round(picture.Width / proportion));
        return picture.Crop((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
    }

    private static Enums.Kernel Kernel(string? method) => method switch
    {
        "nearest-exact" => Enums.Kernel.Nearest,
        "bicubic" => Enums.Kernel.Cubic,
        "lanczos" => Enums.Kernel.Lanczos3,
        _ => Enums.Kernel.Linear,
    };
}
