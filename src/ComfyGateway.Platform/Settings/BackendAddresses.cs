using System.Text.RegularExpressions;

namespace ComfyGateway.Platform.Settings;

/// <summary>Parses <c>COMFYUI_URL</c>.</summary>
internal static partial class BackendAddresses
{
    private const string Accepted =
        "http:// or https:// URLs without query or fragment, each alone or as name=url, "
        + "where a name has up to 64 letters, digits, '-' and '_'";

    public static object Parse(SettingText text)
    {
        List<BackendAddress> backends = [];

        if (text.Items.Count == 0)
        {
            text.Reject(Accepted);
        }

        foreach (var (index, item) in text.Items.Index())
        {
            if (ParseItem(index, item) is not { } backend)
            {
                text.RejectItem(index, item, Accepted);
            }
            else if (backends.Exists(other => other.Id.Equals(backend.Id, StringComparison.OrdinalIgnoreCase)))
            {
                text.Reject($"the name \"{backend.Id}\" twice", "a different name for every backend");
            }
            else if (backends.Exists(other => BackendAddress.IsSameServer(other.Url, backend.Url)))
            {
                text.Reject($"\"{backend.Url.Masked()}\" twice", "every server once; MAX_CONCURRENCY gives a server more slots");
            }
            else
            {
                backends.Add(backend);
            }
        }

        return backends;
    }

    private static BackendAddress? ParseItem(int index, string item)
    {
        var match = NamedUrl().Match(item);
        var id = match.Groups["id"].Success ? match.Groups["id"].Value : $"gpu{index}";

        return match.Success && BackendAddress.ParseUrl(match.Groups["url"].Value) is { } url ? new BackendAddress(id, url) : null;
    }

    [GeneratedRegex("^(?:(?<id>[A-Za-z0-9][A-Za-z0-9_-]{0,63})=)?(?<url>[A-Za-z][A-Za-z0-9+.-]*://.*)$")]
    private static partial Regex NamedUrl();
}
