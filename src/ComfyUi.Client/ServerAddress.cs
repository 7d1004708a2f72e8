using System.Net.Http.Headers;
using System.Text;

namespace ComfyUi.Client;

/// <summary>The URL of a server, split into what may be logged and the credentials that must not.</summary>
internal sealed record ServerAddress(Uri Base, AuthenticationHeaderValue? Authorization)
{
    public static ServerAddress Of(Uri url)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException("The URL of a ComfyUI server must be absolute, http or https.", nameof(url));
        }

        var path = url.AbsolutePath.EndsWith('/') ? url.AbsolutePath : url.AbsolutePath + "/";
        var clean = new UriBuilder(url.Scheme, url.Host, url.Port, path).Uri;
        return new ServerAddress(clean, url.UserInfo.Length == 0 ? null : Basic(url.UserInfo));
    }

    public Uri WebSocket(string clientId)
    {
        var scheme = Base.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        return new UriBuilder(new Uri(Base, "ws")) { Scheme = scheme, Query = $"clientId={Uri.EscapeDataString(clientId)}" }.Uri;
    }

    private static AuthenticationHeaderValue Basic(string userInfo)
    {
        var parts = userInfo.Split(':', 2);
        var credentials = $"{Uri.UnescapeDataString(parts[0])}:{Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "")}";
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
    }
}
