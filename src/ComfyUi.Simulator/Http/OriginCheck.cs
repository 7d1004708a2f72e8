using System.Net;
using Microsoft.AspNetCore.Http;

namespace ComfyUi.Simulator.Http;

/// <summary>
/// Refuses requests whose Origin is another than a loopback Host; with --enable-cors-header lets everybody in instead.
/// OPTIONS is always answered 200.
/// </summary>
internal sealed class OriginCheck(string? corsOrigin)
{
    public Task Guard(HttpContext context, RequestDelegate next)
    {
        if (corsOrigin is not null)
        {
            AllowEverybody(context.Response.Headers);
        }
        else if (IsForeign(context.Request.Headers.Host.ToString(), context.Request.Headers.Origin))
        {
            return OddAnswers.Empty(context, 403);
        }

        return HttpMethods.IsOptions(context.Request.Method) ? OddAnswers.Empty(context) : next(context);
    }

    private static bool IsForeign(string host, string? origin)
    {
        var (hostName, hostPort) = Split(host.ToLowerInvariant());
        var (originName, originPort) = Split(NetworkLocation(origin?.ToLowerInvariant() ?? ""));
        if (originName.Length == 0 || hostName.Length == 0 || !IsLoopback(hostName))
        {
            return false;
        }

        return originName != hostName || (originPort is not null && hostPort is not null && originPort != hostPort);
    }

    private static string NetworkLocation(string origin)
    {
        var start = origin.IndexOf("//", StringComparison.Ordinal);
        return start < 0 ? "" : origin[(start + 2)..].Split('/')[0];
    }

    private static (string Name, string? Port) Split(string location)
    {
        var colon = location.LastIndexOf(':');
        return colon > location.LastIndexOf(']') ? (location[..colon], location[(colon + 1)..]) : (location, null);
    }

    private static bool IsLoopback(string name) =>
        name == "localhost" || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private void AllowEverybody(IHeaderDictionary headers)
    {
        headers.AccessControlAllowOrigin = corsOrigin;
        headers.AccessControlAllowMethods = "POST, GET, DELETE, PUT, OPTIONS";
        headers.AccessControlAllowHeaders = "Content-Type, Authorization";
        headers.AccessControlAllowCredentials = "true";
    }
}
