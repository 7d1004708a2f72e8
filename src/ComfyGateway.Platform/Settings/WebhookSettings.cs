using System.Buffers.Text;
using System.Text.RegularExpressions;

namespace ComfyGateway.Platform.Settings;

/// <summary>Parses <c>WEBHOOK_SECRET</c> and <c>WEBHOOK_ALLOWED_DOMAINS</c>.</summary>
internal static partial class WebhookSettings
{
    // The Standard Webhooks form: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    private const string EncodedPrefix = "whsec_";

    public static object ParseSecrets(SettingText text) =>
        SettingParsers.List(text, item => IsSecret(item) ? item : null, "any text, or whsec_ and valid base64; new,old while rotating");

    public static object ParseDomains(SettingText text)
    {
        var domains = SettingParsers.List(
            text,
            item => Domain().IsMatch(item) ? item.ToLowerInvariant() : null,
            "*, host names such as hooks.example.com, or *.example.com");

        if (text.Items.Count == 0)
        {
            text.Reject("* for any host, or a list of host names");
        }

        return domains;
    }

    private static bool IsSecret(string item) =>
        !item.StartsWith(EncodedPrefix, StringComparison.Ordinal)
        || (Base64.IsValid(item.AsSpan(EncodedPrefix.Length), out var length) && length > 0);

    [GeneratedRegex(@"^(?:\*|(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?|\[?[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+\]?)$")]
    private static partial Regex Domain();
}
