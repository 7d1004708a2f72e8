using System.Text.RegularExpressions;

namespace ComfyGateway.Platform.Settings;

/// <summary>A ComfyUI server of the pool.</summary>
/// <param name="Id">The name given as <c>name=url</c>, else <c>gpu0</c>, <c>gpu1</c>, … by position.</param>
/// <param name="Url">Absolute http or https URL, without a trailing slash; may carry credentials, which are never shown.</param>
public sealed partial record BackendAddress(string Id, Uri Url)
{
    /// <summary>Up to 64 letters, digits, - and _, beginning with a letter or digit.</summary>
    public static bool IsId(string id) => IdPattern().IsMatch(id);

    /// <summary>The URL of a server, or null where the text is none.</summary>
    public static Uri? ParseUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url)
        && SettingParsers.IsHttp(url)
        && url is { Query: "", Fragment: "", Host: not "" }
        && !text.AsSpan().ContainsAny('?', '#')
        && !text.Any(char.IsControl)
            ? url
            : null;

    /// <summary>Two users of one server still share its GPU.</summary>
    public static bool IsSameServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\\z")]
    private static partial Regex IdPattern();
}
