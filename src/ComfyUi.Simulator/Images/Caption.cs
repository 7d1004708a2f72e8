using System.Globalization;
using System.Text;

namespace ComfyUi.Simulator.Images;

/// <summary>Writes the prompt on the picture, so that one sees what was asked for: light letters on a dark band at the bottom.</summary>
internal static class Caption
{
    private const int Advance = Glyphs.Width + 1;
    private const int LineHeight = Glyphs.Height + 3;

    public static void Write(Raster canvas, Picture picture, int index)
    {
        var scale = Math.Max(1, Math.Min(canvas.Width, canvas.Height) / 256);
        var columns = ((canvas.Width / scale) - 12) / Advance;
        var footer = FormattableString.Invariant(
            $"seed {picture.Seed + (ulong)index}, {picture.Steps} steps, {canvas.Width} x {canvas.Height}");
        if (columns < 8)
        {
            return;
        }

        var most = Math.Max(1, (canvas.Height / scale / LineHeight / 2) - 1);
        var lines = Wrap(Readable(picture.Text), columns).Take(most + 1).ToList();
        if (lines.Count > most)
        {
            lines[most - 1] = lines[most - 1][..Math.Min(lines[most - 1].Length, columns - 3)] + "...";
            lines.RemoveAt(most);
        }

        var height = (((lines.Count + 1) * LineHeight) + 8) * scale;
        Darken(canvas, canvas.Height - height);
        var top = canvas.Height - height + (5 * scale);
        for (var i = 0; i < lines.Count; i++)
        {
            Line(canvas, lines[i], 6 * scale, top + (i * LineHeight * scale), scale, 255);
        }

        Line(canvas, Wrap(footer, columns).First(), 6 * scale, top + (lines.Count * LineHeight * scale), scale, 165);
    }

    /// <summary>Breaks at spaces; a word that is longer than a line is cut.</summary>
    internal static IEnumerable<string> Wrap(string text, int columns)
    {
        var line = new StringBuilder();
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(w => w.Chunk(columns));
        foreach (var word in words.Select(c => new string(c)))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > columns)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }

    /// <summary>What the font lacks is named by its code point.</summary>
    internal static string Readable(string text)
    {
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(rune.IsAscii && Glyphs.Has((char)rune.Value)
                ? rune.ToString()
                : Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) ? " "
                : string.Create(CultureInfo.InvariantCulture, $"[{rune.Value:X4}]"));
        }

        return result.ToString();
    }

    private static void Darken(Raster canvas, int top)
    {
        var from = Math.Max(0, top) * canvas.Width * canvas.Channels;
        for (var i = from; i < canvas.Pixels.Length; i++)
        {
            canvas.Pixels[i] = (byte)(canvas.Pixels[i] * 5 / 16);
        }
    }

    private static void Line(Raster canvas, string text, int left, int top, int scale, byte brightness)
    {
        for (var i = 0; i < text.Length; i++)
        {
            for (var dot = 0; dot < Glyphs.Width * Glyphs.Height; dot++)
            {
                var (x, y) = (dot % Glyphs.Width, dot / Glyphs.Width);
                if (Glyphs.IsSet(text[i], x, y))
                {
                    Dot(canvas, left + (((i * Advance) + x) * scale), top + (y * scale), scale, brightness);
                }
            }
        }
    }

    private static void Dot(Raster canvas, int left, int top, int size, byte brightness)
    {
        for (var y = Math.Max(0, top); y < Math.Min(canvas.Height, top + size); y++)
        {
            var start = ((y * canvas.Width) + Math.Min(left, canvas.Width)) * canvas.Channels;
            var length = Math.Max(0, Math.Min(size, canvas.Width - left)) * canvas.Channels;
            canvas.Pixels.AsSpan(start, length).Fill(brightness);
        }
    }
}
