namespace ComfyUi.Simulator;

/// <summary>The folders input, output and temp of one server.</summary>
internal sealed class DataFolders : IDisposable
{
    private static readonly string[] ImageTypes = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"];
    private static readonly string[] SoundTypes = [".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a"];
    private readonly bool _isOurs;

    public DataFolders(string? path)
    {
        _isOurs = path is null;
        Root = Path.GetFullPath(path ?? Directory.CreateTempSubdirectory("comfyui-simulator-").FullName);
        Directory.CreateDirectory(Input);
        Directory.CreateDirectory(Output);
        WipeTemp();
    }

    public string Root { get; }

    public string Input => Path.Combine(Root, "input");

    public string Output => Path.Combine(Root, "output");

    public string Temp => Path.Combine(Root, "temp");

    public string? ByType(string type) => type switch
    {
        "input" => Input,
        "output" => Output,
        "temp" => Temp,
        _ => null,
    };

    /// <summary>Splits <c>name.png [input]</c>; the folder is null where the name does not end so.</summary>
    public (string Name, string? Folder) Annotated(string name)
    {
        foreach (var type in new[] { "output", "input", "temp" })
        {
            if (name.EndsWith($"[{type}]", StringComparison.Ordinal))
            {
                return (name[..^Math.Min(name.Length, type.Length + 3)], ByType(type));
            }
        }

        return (name, null);
    }

    public string AnnotatedPath(string name) => Annotated(name) is var (plain, folder) ? Path.Combine(folder ?? Input, plain) : name;

    public IEnumerable<string> InputFiles(string nodeClass) =>
        Directory.EnumerateFiles(Input).Select(f => Path.GetFileName(f)).Where(f => nodeClass switch
        {
            "LoadImage" => ImageTypes.Contains(Path.GetExtension(f).ToLowerInvariant()),
            "LoadAudio" => SoundTypes.Contains(Path.GetExtension(f).ToLowerInvariant()),
            _ => true,
        }).Order(StringComparer.Ordinal);

    /// <summary>ComfyUI's commonpath test: is the path the folder, or below it?</summary>
    public static bool IsInside(string folder, string path)
    {
        var full = Path.GetFullPath(path);
        return full == folder || full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    public void WipeTemp()
    {
        if (Directory.Exists(Temp))
        {
            Directory.Delete(Temp, recursive: true);
        }

        Directory.CreateDirectory(Temp);
    }

    public void DeleteOutputs()
    {
        foreach (var file in Directory.EnumerateFiles(Output, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        if (_isOurs && Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
        else if (Directory.Exists(Temp))
        {
            Directory.Delete(Temp, recursive: true);
        }
    }
}
