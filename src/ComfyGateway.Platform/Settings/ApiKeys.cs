namespace ComfyGateway.Platform.Settings;

/// <summary>Parses <c>API_KEYS</c>.</summary>
internal static class ApiKeys
{
    private const string Accepted = "key:role,key:role with role admin or user";

    public static object Parse(SettingText text)
    {
        var keys = SettingParsers.List(text, ParseItem, Accepted);

        if (keys.DistinctBy(key => key.Key).Count() < keys.Count)
        {
            text.Reject("the same key twice", "every key once");
        }

        return keys;
    }

    // Split at the last colon: a key may hold others.
    private static ApiKey? ParseItem(string item)
    {
        var colon = item.LastIndexOf(':');
        var key = colon < 0 ? "" : item[..colon].TrimEnd();

        return (key, colon < 0 ? "" : item[(colon + 1)..].Trim().ToLowerInvariant()) switch
        {
            ("", _) => null,
            (_, "admin") => new ApiKey(key, CallerRole.Admin),
            (_, "user") => new ApiKey(key, CallerRole.User),
            _ => null,
        };
    }
}
