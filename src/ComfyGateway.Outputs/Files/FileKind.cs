using System.Collections.Frozen;

namespace ComfyGateway.Outputs.Files;

/// <summary>What a file is: by its first bytes where they tell, else by its name, and never by what a server claimed alone.</summary>
/// <param name="ContentType">A media type.</param>
/// <param name="Kind"><c>image</c>, <c>video</c>, <c>audio</c>, <c>text</c>, <c>model</c> or <c>file</c>.</param>
internal sealed record FileKind(string ContentType, string Kind)
{
    private static readonly FrozenDictionary<string, FileKind> ByExtension = new Dictionary<string, FileKind>(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = new("image/png", "image"),
        [".jpg"] = new("image/jpeg", "image"),
        [".jpeg"] = new("image/jpeg", "image"),
        [".webp"] = new("image/webp", "image"),
        [".gif"] = new("image/gif", "image"),
        [".avif"] = new("image/avif", "image"),
        [".svg"] = new("image/svg+xml", "image"),
        [".mp4"] = new("video/mp4", "video"),
        [".webm"] = new("video/webm", "video"),
        [".mkv"] = new("video/x-matroska", "video"),
        [".mov"] = new("video/quicktime", "video"),
        [".flac"] = new("audio/flac", "audio"),
        [".mp3"] = new("audio/mpeg", "audio"),
        [".wav"] = new("audio/wav", "audio"),
        [".ogg"] = new("audio/ogg", "audio"),
        [".opus"] = new("audio/ogg", "audio"),
        [".txt"] = new("text/plain; charset=utf-8", "text"),
        [".json"] = new("application/json", "text"),
        [".glb"] = new("model/gltf-binary", "model"),
        [".gltf"] = new("model/gltf+json", "model"),
        [".obj"] = new("model/obj", "model"),
        [".safetensors"] = new("application/octet-stream", "file"),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FileKind Unknown = new("application/octet-stream", "file");

    public static FileKind Of(string filename, ReadOnlySpan<byte> head) => OfHead(head) is { } extension
        ? ByExtension[extension]
        : ByExtension.GetValueOrDefault(Path.GetExtension(filename), Unknown);

    private static string? OfHead(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ".png",
        [0xFF, 0xD8, 0xFF, ..] => ".jpg",
        _ when head.StartsWith("GIF8"u8) => ".gif",
        _ when Riff(head, "WEBP"u8) => ".webp",
        _ when Riff(head, "WAVE"u8) => ".wav",
        _ when Brand(head, "avif"u8) => ".avif",
        _ when Brand(head, "qt  "u8) => ".mov",
        _ when head.Length > 11 && head[4..8].SequenceEqual("ftyp"u8) => ".mp4",
        _ when head.StartsWith("fLaC"u8) => ".flac",
        _ when head.StartsWith("ID3"u8) => ".mp3",
        _ when head.StartsWith("glTF"u8) => ".glb",
        _ => null,
    };

    private static bool Riff(ReadOnlySpan<byte> head, ReadOnlySpan<byte> form) =>
        head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual(form);

    private static bool Brand(ReadOnlySpan<byte> head, ReadOnlySpan<byte> brand) =>
        head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8) && head[8..12].SequenceEqual(brand);
}
