namespace ComfyUi.Client;

/// <summary>Builds paths relative to the server's base address.</summary>
internal static class Route
{
    /// <summary>Escapes one path segment; dots alone would climb to another route, and nothing at all would list everything.</summary>
    public static string Segment(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        return value is "." or ".." ? throw new ArgumentException("A path segment cannot be dots.") : Uri.EscapeDataString(value);
    }

    public static string View(OutputFile file) =>
        $"view?filename={Uri.EscapeDataString(file.Filename)}&subfolder={Uri.EscapeDataString(file.Subfolder)}"
        + $"&type={Uri.EscapeDataString(file.Type)}";
}
