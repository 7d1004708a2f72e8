using System.Text.RegularExpressions;

namespace ComfyGateway.Platform.Settings;

/// <summary>URLs as they may be shown: without the credentials and queries that they carry.</summary>
public static partial class MaskedUri
{
    /// <summary>The URL with <c>***</c> for its credentials and its query.</summary>
    public static string Masked(this Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);

        // Uri writes the slash of an empty path, the operator does not.
        return Of(uri.OriginalString);
    }

    /// <summary>The same for a text that may or may not be a URL; <c>name=url</c> keeps its name.</summary>
    public static string Of(string text) => QueryOrFragment().Replace(Credentials().Replace(text, "${keep}***@"), "${mark}***");

    // Greedy up to the last @: a password may hold an unescaped one, and showing less is the safe side.
    [GeneratedRegex(@"^(?<keep>(?:[A-Za-z0-9][A-Za-z0-9_-]{0,63}=)?[A-Za-z][A-Za-z0-9+.-]*://)?.*@", RegexOptions.Singleline)]
    private static partial Regex Credentials();

    [GeneratedRegex(@"(?<=://.*)(?<mark>[?#]).+", RegexOptions.Singleline)]
    private static partial Regex QueryOrFragment();
}
