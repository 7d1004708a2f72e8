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
        [".bmp"] = new("image/bmp", "image"),
        [".tif"] = new("image/tiff", "image"),
        [".tiff"] = new("image/tiff", "image"),
        [".svg"] = new("image/svg+xml", "image"),
        [".mp4"] = new("video/mp4", "video"),
        [".webm"] = new("video/webm", "video"),
        [".mkv"] = new("video/x-matroska", "video"),
        [".mov"] = new("video/quicktime", "video"),
        [".flac"] = new("audio/flac", "audio"),
        [".mp3"] = new("audio/mpeg", "audio"),
        [".m4a"] = new("audio/mp4", "audio"),
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

    public static FileKind Of(string filename, ReadOnlySpan<byte> head) => FileFormat.Of(head) is { } format
        ? new FileKind(format.ContentType, format.Kind)
        : ByExtension.GetValueOrDefault(head.StartsWith("glTF"u8) ? ".glb" : Path.GetExtension(filename), Unknown);
}
