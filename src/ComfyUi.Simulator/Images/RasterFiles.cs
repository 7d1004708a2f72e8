using ComfyUi.Simulator.Python;
using NetVips;

namespace ComfyUi.Simulator.Images;

/// <summary>Between pixels and the bytes of image files.</summary>
internal static class RasterFiles
{
    public static Raster Load(byte[] file, string name)
    {
        try
        {
            using var loaded = Image.NewFromBuffer(file, access: Enums.Access.Sequential);
            using var upright = loaded.Autorot();
            using var colours = upright.Colourspace(Enums.Interpretation.Srgb);
            using var bytes = colours.Cast(Enums.BandFormat.Uchar);
            return new Raster(bytes.Width, bytes.Height, bytes.Bands, bytes.WriteToMemory<byte>());
        }
        catch (VipsException)
        {
            throw new PythonError("PIL.UnidentifiedImageError", $"cannot identify image file '{name}'");
        }
    }

    public static Image ToVips(Raster picture) => Image.NewFromMemory(
        picture.Pixels, picture.Width, picture.Height, picture.Channels, Enums.BandFormat.Uchar);

    public static byte[] Png(Raster picture, int compression = 3, params (string Key, string Text)[] comments)
    {
        using var image = ToVips(picture);
        using var typed = image.Copy(interpretation: picture.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        var file = typed.PngsaveBuffer(compression: compression, filter: Enums.ForeignPngFilter.Sub, keep: Enums.ForeignKeep.None);
        return PngChunks.WithText(file, comments);
    }

    public static byte[] Encode(Raster picture, string format, int quality)
    {
        using var image = ToVips(format == "jpeg" ? picture.WithoutAlpha() : picture);
        using var typed = image.Copy(interpretation: picture.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        var q = Math.Clamp(quality, 1, 100);
        return format == "jpeg" ? typed.JpegsaveBuffer(q: q) : typed.WebpsaveBuffer(q: q, effort: 2);
    }
}
