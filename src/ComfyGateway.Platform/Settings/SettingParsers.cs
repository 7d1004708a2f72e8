using System.Globalization;
using System.Net;
using System.Text;
using Parser = System.Func<ComfyGateway.Platform.Settings.SettingText, object?>;

namespace ComfyGateway.Platform.Settings;

/// <summary>How each variable becomes a value: by its name where it has a form of its own, else by the type of its property.</summary>
internal static class SettingParsers
{
    private static readonly Dictionary<string, Parser> ByName = new()
    {
        ["HOST"] = Host,
        ["COMFYUI_URL"] = BackendAddresses.Parse,
        ["API_KEYS"] = ApiKeys.Parse,
        ["JWT_SECRET"] = JwtSecret,
        ["DATABASE_URL"] = DatabaseUrl.Parse,
        ["S3_ENDPOINT"] = HttpUrl,
        ["S3_PREFIX"] = KeyPrefix,
        ["S3_SSE"] = Encryption,
        ["WEBHOOK_SECRET"] = WebhookSettings.ParseSecrets,
        ["WEBHOOK_ALLOWED_DOMAINS"] = WebhookSettings.ParseDomains,
        ["CORS_ORIGINS"] = Origins,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = HttpUrl,
    };

    private static readonly Dictionary<Type, Parser> ByType = new()
    {
        [typeof(string)] = text => text.Value,
        [typeof(bool)] = Switch,
        [typeof(int)] = text => Number(text, int.MinValue, int.MaxValue) is { } number ? (int)number : null,
        [typeof(long)] = text => Number(text, long.MinValue, long.MaxValue),
        [typeof(StorageProvider)] = Choice<StorageProvider>,
        [typeof(CacheScope)] = Choice<CacheScope>,
        [typeof(GatewayLogLevel)] = Choice<GatewayLogLevel>,
        [typeof(GatewayEnvironment)] = text => OneOf<GatewayEnvironment>(text, name => name),
        [typeof(IReadOnlyList<IPNetwork>)] = Networks,
    };

    public static Parser For(Setting setting) =>
        ByName.TryGetValue(setting.Name, out var parser) ? parser : ByType[setting.Property.PropertyType];

    public static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>Parses every item of a list; one that is rejected is left out.</summary>
    public static List<T> List<T>(SettingText text, Func<string, T?> parse, string accepted)
        where T : class
    {
        List<T> values = [];

        foreach (var (index, item) in text.Items.Index())
        {
            if (parse(item) is { } value)
            {
                values.Add(value);
            }
            else
            {
                text.RejectItem(index, item, accepted);
            }
        }

        return values;
    }

    private static object? Switch(SettingText text) => text.Value.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => text.Reject("true or false (also 1/0, yes/no, on/off)"),
    };

    private static long? Number(SettingText text, long lowest, long highest)
    {
        var min = Math.Max(text.Setting.Min, lowest);
        var max = Math.Min(text.Setting.Max, highest);

        if (long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        text.Reject($"a whole number from {min} to {max}");
        return null;
    }

    private static object? Choice<T>(SettingText text)
        where T : struct, Enum => OneOf<T>(text, name => name.ToLowerInvariant());

    // Enum.TryParse would take "0" and "Local,S3" as well.
    private static object? OneOf<T>(SettingText text, Func<string, string> written)
        where T : struct, Enum
    {
        var name = Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text.Value, StringComparison.OrdinalIgnoreCase));
        return name is null ? text.Reject(Sentence([.. Enum.GetNames<T>().Select(written)])) : Enum.Parse<T>(name);
    }

    private static string Sentence(string[] names) => $"{string.Join(", ", names[..^1])} or {names[^1]}";

    private static object? Host(SettingText text) =>
        Uri.CheckHostName(text.Value) == UriHostNameType.Unknown
            ? text.Reject("an IP address or a host name, such as 0.0.0.0, :: or localhost")
            : text.Value;

    private static object? JwtSecret(SettingText text) =>
        text.Value is "" || Encoding.UTF8.GetByteCount(text.Value) >= 32
            ? text.Value
            : text.Reject($"\"***\" ({Encoding.UTF8.GetByteCount(text.Value)} bytes)", "at least 32 bytes, or empty to turn JWT off");

    private static object? HttpUrl(SettingText text) =>
        text.Value is "" || (Uri.TryCreate(text.Value, UriKind.Absolute, out var uri) && IsHttp(uri))
            ? text.Value
            : text.Reject("an absolute http:// or https:// URL, or empty");

    private static object? KeyPrefix(SettingText text) =>
        text.Value.Trim('/') is var prefix && prefix.Split('/').All(p => p is not ("." or "..")) && prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            ? prefix
            : text.Reject("letters, digits, -, _, . and / between them, or empty");

    private static object? Encryption(SettingText text) => text.Value is "" or "AES256" or "aws:kms" ? text.Value : text.Reject("AES256, aws:kms or nothing");

    private static List<string> Origins(SettingText text) =>
        List(text, ParseOrigin, "*, or origins such as https://app.example.com (scheme, host and port only)");

    private static string? ParseOrigin(string item) =>
        item is "*" ? item
        : Uri.TryCreate(item, UriKind.Absolute, out var uri) && IsHttp(uri) && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? item.TrimEnd('/')
            : null;

    private static List<IPNetwork> Networks(SettingText text) =>
    [
        .. List(text, item => ParseNetwork(item) is { } network ? (object)network : null, "IP addresses or CIDRs such as 10.0.0.0/8")
            .Cast<IPNetwork>(),
    ];

    private static IPNetwork? ParseNetwork(string item) =>
        IPAddress.TryParse(item, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(item, out var network) ? network
        : null;
}
