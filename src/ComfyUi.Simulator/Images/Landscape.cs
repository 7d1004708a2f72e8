using System.Security.Cryptography;
using System.Text;

namespace ComfyUi.Simulator.Images;

/// <summary>
/// A sky, a sun and ranges of hills in the mist, all drawn from the seed and the text of the prompt: the same request gives the
/// same picture.
/// </summary>
internal static class Landscape
{
    private const int Ranges = 5;

    public static Raster Paint(Picture picture, int width, int height, int index)
    {
        var dice = new Dice(SeedOf(picture, index));
        var palette = Palette.Roll(dice);
        var smaller = Math.Min(width, height);
        var sun = new Sun(dice.Between(0.15, 0.85) * width, dice.Between(0.12, 0.42) * height, dice.Between(0.05, 0.11) * smaller);
        var ridges = Enumerable.Range(0, Ranges).Select(i => Ridge(dice, i, width, height)).ToArray();
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            PaintRow(pixels, y, width, height, palette, sun, ridges);
        }

        return new Raster(width, height, 3, pixels);
    }

    /// <summary>A well-mixed number from a plain one.</summary>
    public static ulong Scramble(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    private static ulong SeedOf(Picture picture, int index) =>
        BitConverter.ToUInt64(SHA256.HashData(
            Encoding.Unicode.GetBytes($"{picture.Seed + (ulong)index}\n{picture.Text}\n{picture.Model}")));

    /// <summary>The height of a range of hills at every column: a few waves over each other, rougher the nearer it is.</summary>
    private static float[] Ridge(Dice dice, int range, int width, int height)
    {
        var level = height * (0.42 + (0.13 * range));
        var waves = Enumerable.Range(0, 6).Select(octave => (
            Frequency: dice.Between(0.8, 1.6) * Math.Pow(1.9, octave) * (1 + (0.25 * range)),
            Phase: dice.Between(0, Math.Tau),
            Size: height * 0.075 / Math.Pow(1.75, octave))).ToArray();
        var ridge = new float[width];
        for (var x = 0; x < width; x++)
        {
            var at = (double)x / Math.Max(width, height) * Math.Tau;
            ridge[x] = (float)(level + waves.Sum(w => Math.Sin((at * w.Frequency) + w.Phase) * w.Size));
        }

        return ridge;
    }

    /// <summary>Mist lies level: it thickens from a little above the range's middle downwards.</summary>
    private static float Mist(int range, float depth) => Math.Clamp((depth - (0.34f + (0.13f * range))) / 0.24f, 0, 1);

    private static void PaintRow(byte[] pixels, int y, int width, int height, Palette palette, Sun sun, float[][] ridges)
    {
        var sky = palette.Sky((float)y / height);
        var at = y * width * 3;
        for (var x = 0; x < width; x++, at += 3)
        {
            var range = Ranges - 1;
            while (range >= 0 && y < ridges[range][x])
            {
                range--;
            }

            var colour = range < 0
                ? sun.Over(sky, palette.Light, x, y)
                : palette.Hill(range, Mist(range, (float)y / height), Math.Clamp(y - ridges[range][x], 0, 1), sky);
            pixels[at] = (byte)Math.Clamp(colour.X, 0, 255);
            pixels[at + 1] = (byte)Math.Clamp(colour.Y, 0, 255);
            pixels[at + 2] = (byte)Math.Clamp(colour.Z, 0, 255);
        }
    }
}
