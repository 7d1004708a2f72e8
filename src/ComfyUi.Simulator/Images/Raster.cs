namespace ComfyUi.Simulator.Images;

/// <summary>Pixels with 1 (mask), 3 (RGB) or 4 (RGBA) bytes each.</summary>
internal sealed record Raster(int Width, int Height, int Channels, byte[] Pixels)
{
    private delegate void PixelMap(ReadOnlySpan<byte> from, Span<byte> to);

    public static Raster Filled(int width, int height, params byte[] colour)
    {
        var pixels = new byte[checked(width * height * colour.Length)];
        if (colour.Length == 1 || colour.Distinct().Count() == 1)
        {
            Array.Fill(pixels, colour[0]);
        }
        else
        {
            for (var i = 0; i < pixels.Length; i++)
            {
                pixels[i] = colour[i % colour.Length];
            }
        }

        return new Raster(width, height, colour.Length, pixels);
    }

    public Raster Inverted() => this with { Pixels = Array.ConvertAll(Pixels, p => (byte)(255 - p)) };

    public Raster Channel(int index)
    {
        var result = new byte[Width * Height];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Pixels[(i * Channels) + index];
        }

        return new Raster(Width, Height, 1, result);
    }

    public Raster WithoutAlpha() => Channels == 4 ? Mapped(3, (from, to) => from[..3].CopyTo(to)) : AsColour();

    public Raster AsColour() => Channels == 1 ? Mapped(3, (from, to) => to.Fill(from[0])) : this;

    /// <summary>The alpha channel, opaque where there is none.</summary>
    public Raster AlphaMask() => Channels == 4 ? Channel(3) : Filled(Width, Height, 255);

    /// <summary>What /view?channel=a sends: black with the alpha of the picture.</summary>
    public Raster AlphaOnly() => Filled(Width, Height, 0, 0, 0).WithAlpha(AlphaMask());

    public Raster WithAlpha(Raster alpha)
    {
        var i = 0;
        return WithoutAlpha().Mapped(4, (from, to) =>
        {
            from.CopyTo(to);
            to[3] = alpha.Pixels[i++];
        });
    }

    /// <summary>The part that lies inside; at least one pixel.</summary>
    public Raster Crop(int left, int top, int width, int height)
    {
        left = Math.Clamp(left, 0, Width - 1);
        top = Math.Clamp(top, 0, Height - 1);
        width = Math.Clamp(width, 1, Width - left);
        height = Math.Clamp(height, 1, Height - top);
        var result = new byte[width * height * Channels];
        for (var y = 0; y < height; y++)
        {
            Pixels.AsSpan((((top + y) * Width) + left) * Channels, width * Channels).CopyTo(result.AsSpan(y * width * Channels));
        }

        return new Raster(width, height, Channels, result);
    }

    public void Paste(Raster part, int left, int top)
    {
        for (var y = 0; y < part.Height; y++)
        {
            var row = part.Pixels.AsSpan(y * part.Width * Channels, part.Width * Channels);
            row.CopyTo(Pixels.AsSpan((((top + y) * Width) + left) * Channels));
        }
    }

    /// <summary>A mix with another of the same size and kind: 0 is this, 1 the other.</summary>
    public Raster Mix(Raster other, double share)
    {
        var weight = (int)(Math.Clamp(share, 0, 1) * 256);
        var result = new byte[Pixels.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (byte)(((Pixels[i] * (256 - weight)) + (other.Pixels[i] * weight)) >> 8);
        }

        return this with { Pixels = result };
    }

    private Raster Mapped(int channels, PixelMap map)
    {
        var result = new byte[Width * Height * channels];
        for (var i = 0; i < Width * Height; i++)
        {
            map(Pixels.AsSpan(i * Channels, Channels), result.AsSpan(i * channels, channels));
        }

        return new Raster(Width, Height, channels, result);
    }
}
