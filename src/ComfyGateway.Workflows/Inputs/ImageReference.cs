using ComfyGateway.Platform.Network;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>What a client writes for an image: an upload, the bytes themselves, or where they are.</summary>
internal static class ImageReference
{
    public const string Upload = "upload:";

    private const string Accepted = "must be upload: and the id of an upload, a data: URL in base64, or an http(s) URL";

    public static bool Is(string text) => IsUpload(text) || IsData(text) || IsUrl(text);

    public static bool IsUpload(string text) => text.StartsWith(Upload, StringComparison.Ordinal);

    /// <summary>What is wrong with how it is written, or null. Whether there is anything behind it is another question.</summary>
    public static string? Problem(string text) =>
        IsUpload(text) ? Guid.TryParse(text.AsSpan(Upload.Length), out _) ? null : Accepted
        : IsData(text) ? null
        : IsUrl(text) ? RemoteUrl.Problem(text, allowsPrivate: true)
        : Accepted;

    private static bool IsData(string text) => text.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    private static bool IsUrl(string text) =>
        text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
