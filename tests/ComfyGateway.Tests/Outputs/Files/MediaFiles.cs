namespace ComfyGateway.Tests.Outputs.Files;

/// <summary>Small real videos and sounds that tell how they were made (Outputs/Media).</summary>
internal static class MediaFiles
{
    public const string Secret = "a secret prompt";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Outputs", "Media");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Where(n => !n.EndsWith(".md", StringComparison.Ordinal))];

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));
}
