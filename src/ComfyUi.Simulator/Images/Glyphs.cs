namespace ComfyUi.Simulator.Images;

/// <summary>A 5 x 8 bitmap font for ASCII, drawn for the simulator: no system font is needed.</summary>
internal static class Glyphs
{
    public const int Width = 5;
    public const int Height = 8;

    private static readonly Dictionary<char, string> Rows = Read();

    public static bool Has(char c) => c == ' ' || Rows.ContainsKey(c);

    public static bool IsSet(char c, int x, int y) => Rows.TryGetValue(c, out var rows) && rows[(y * Width) + x] == '#';

    private static Dictionary<char, string> Read()
    {
        using var stream = typeof(Glyphs).Assembly.GetManifestResourceStream("font.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => line[0], line => line[2..].Replace(" ", "", StringComparison.Ordinal));
    }
}
