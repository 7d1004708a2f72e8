using System.Numerics;

namespace ComfyUi.Simulator.Images;

/// <summary>Random numbers that are the same everywhere and for ever, unlike those of <see cref="Random"/>.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public double Between(double low, double high)
    {
        _state += 0x9e3779b97f4a7c15;
        return low + ((Landscape.Scramble(_state) >> 11) * (1.0 / (1UL << 53)) * (high - low));
    }
}

/// <summary>The colours of one picture: a sky from top to horizon, and hills from the misty far ones to the dark near ones.</summary>
internal sealed record Palette(Vector3 Zenith, Vector3 Horizon, Vector3 Light, Vector3 Near)
{
    public static Palette Roll(Dice dice)
    {
        var hue = dice.Between(185, 325);
        var shift = dice.Between(-70, 70);
        return new Palette(
            Hsv(hue, dice.Between(0.55, 0.8), dice.Between(0.35, 0.6)),
            Hsv(hue + 150 + shift, dice.Between(0.3, 0.5), 0.98),
            Hsv(hue + 170 + shift, 0.16, 1),
            Hsv(hue + 20, dice.Between(0.55, 0.75), 0.16));
    }

    public Vector3 Sky(float depth) => Vector3.Lerp(Zenith, Horizon, MathF.Min(1, MathF.Pow(depth * 1.7f, 1.25f)));

    /// <summary>Mist gathers at the foot of the far hills; <paramref name="edge"/> softens the line against the sky.</summary>
    public Vector3 Hill(int range, float depth, float edge, Vector3 sky)
    {
        var nearness = 0.3f + (0.7f * range / 4);
        var body = Vector3.Lerp(Horizon * 0.82f, Near, nearness);
        var misty = Vector3.Lerp(body, Horizon, depth * (1 - nearness) * 0.75f);
        return edge < 1 ? Vector3.Lerp(range == 0 ? sky : misty * 1.12f, misty, edge) : misty;
    }

    private static Vector3 Hsv(double hue, double saturation, double value)
    {
        double Part(double n)
        {
            var k = (n + (hue / 60)) % 6;
            return value - (value * saturation * Math.Max(0, Math.Min(Math.Min(k, 4 - k), 1)));
        }

        hue = ((hue % 360) + 360) % 360;
        return new Vector3((float)Part(5), (float)Part(3), (float)Part(1)) * 255;
    }
}

/// <summary>A disc with a glow.</summary>
internal readonly record struct Sun(double X, double Y, double Radius)
{
    public Vector3 Over(Vector3 sky, Vector3 light, int x, int y)
    {
        var dx = (float)(x - X);
        var dy = (float)(y - Y);
        var distance = MathF.Sqrt((dx * dx) + (dy * dy));
        var radius = (float)Radius;
        var disc = Math.Clamp(radius - distance + 0.5f, 0, 1);
        var glow = 0.75f / (1 + (distance * distance / (radius * radius * 3)));
        return Vector3.Lerp(sky, light, MathF.Max(disc, glow));
    }
}
