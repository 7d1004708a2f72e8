using System.Net;

namespace ComfyGateway.Platform.Network;

/// <summary>What a client's URL must be before anything is looked up. Where its name leads is checked when it is connected to.</summary>
public static class RemoteUrl
{
    private const int MaxLength = 2048;

    /// <summary>What is wrong with <paramref name="text"/>, or null.</summary>
    /// <param name="allowsPrivate">Addresses that are not of the public internet may be written.</param>
    public static string? Problem(string text, bool allowsPrivate) =>
        text.Length > MaxLength ? $"must be a URL of at most {MaxLength} characters"
        : !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") ? "must be an absolute http or https URL"
        : Problem(url, allowsPrivate);

    public static string? Problem(Uri url, bool allowsPrivate) => url switch
    {
        { Scheme: not ("http" or "https") } => "must be an absolute http or https URL",
        { UserInfo.Length: > 0 } => "must be a URL without user and password",
        { Host.Length: 0 } => "must be a URL that names a host",
        _ when !allowsPrivate && IsPrivate(url) => "leads to an address that is not public",
        _ => null,
    };

    private static bool IsPrivate(Uri url)
    {
        // The zone of a link-local address is this host's own affair.
        var host = url.IdnHost.TrimEnd('.').Split('%')[0];
        return IPAddress.TryParse(host, out var address)
            ? !PublicAddress.Is(address)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>Lists of hosts as operators write them: <c>*</c>, <c>host</c>, <c>*.host</c>.</summary>
public static class HostPatterns
{
    /// <summary>Whether any of the patterns names the host; <c>*.example.com</c> names hosts below example.com and not itself.</summary>
    public static bool Allow(IEnumerable<string> patterns, Uri url)
    {
        var host = url.IdnHost.TrimEnd('.').Trim('[', ']');
        return patterns.Any(p => p == "*"
            || host.Equals(p.Trim('[', ']'), StringComparison.OrdinalIgnoreCase)
            || (p.StartsWith("*.", StringComparison.Ordinal) && host.Length > p.Length - 1 && host.EndsWith(p[1..], StringComparison.OrdinalIgnoreCase)));
    }
}
