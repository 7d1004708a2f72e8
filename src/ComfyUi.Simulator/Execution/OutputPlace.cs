using System.Globalization;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>Where a save node writes: ComfyUI's get_save_image_path.</summary>
internal sealed record OutputPlace(string Folder, string Stem, int Counter, string Subfolder, string Type)
{
    public static OutputPlace For(DataFolders folders, string type, string prefix, Raster? image)
    {
        var root = folders.ByType(type)!;
        var filled = prefix
            .Replace("%width%", (image?.Width ?? 0).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%height%", (image?.Height ?? 0).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var target = Path.GetFullPath(Path.Combine(root, filled));
        var folder = Path.GetDirectoryName(target) ?? "/";
        if (!DataFolders.IsInside(root, folder))
        {
            throw new PythonError(
                "Exception",
                $"**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: {folder}\n"
                + $"         output_dir: {root}\n         commonpath: {CommonPath(root, folder)}");
        }

        Directory.CreateDirectory(folder);
        var stem = Path.GetFileName(target);
        var subfolder = Path.GetRelativePath(root, folder);
        return new OutputPlace(folder, stem, NextCounter(folder, stem), subfolder == "." ? "" : subfolder, type);
    }

    public string Name(int index, string batch, string extension) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Stem.Replace("%batch_num%", batch, StringComparison.Ordinal)}_{Counter + index:00000}_.{extension}");

    public PyDict Entry(string name) => new() { ["filename"] = name, ["subfolder"] = Subfolder, ["type"] = Type };

    private static int NextCounter(string folder, string stem) => Directory.EnumerateFiles(folder)
        .Select(f => Path.GetFileName(f))
        .Where(f => f.StartsWith($"{stem}_", StringComparison.Ordinal))
        .Select(f => int.TryParse(f[(stem.Length + 1)..].Split('_')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
        .DefaultIfEmpty().Max() + 1;

    private static string CommonPath(string left, string right)
    {
        while (!DataFolders.IsInside(left, right) && left != "/")
        {
            left = Path.GetDirectoryName(left) ?? "/";
        }

        return left;
    }
}
