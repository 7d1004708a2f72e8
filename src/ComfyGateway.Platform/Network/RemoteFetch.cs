using System.Net;
using System.Net.Sockets;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Platform.Network;

/// <summary>Fetches what a client's URL names, under the <see cref="AddressGuard"/>: each redirect is checked like the first URL.</summary>
public sealed class RemoteFetch(IHttpClientFactory clients, GatewaySettings settings, TimeProvider clock)
{
    private const int MaxRedirects = 5;

    /// <summary>For all of it, redirects and body included.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="read">Reads the body, in time.</param>
    /// <exception cref="RemoteFetchException">It cannot be had; the message says why in words for the client.</exception>
    public async Task<T> Get<T>(Uri url, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var response = await Follow(url, either.Token);
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            return await read(body, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new RemoteFetchException($"took longer than {Patience.TotalSeconds:0} s");
        }
        catch (Exception exception) when (ReasonOf(exception) is { } reason)
        {
            throw new RemoteFetchException(reason);
        }
    }

    private async Task<HttpResponseMessage> Follow(Uri url, CancellationToken ct)
    {
        using var http = clients.CreateClient(AddressGuard.ClientName);
        for (var redirects = 0; ; redirects++)
        {
            if (RemoteUrl.Problem(url, settings.WebhookAllowPrivate) is { } problem)
            {
                throw new RemoteFetchException(problem);
            }

            var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                url = Next(url, response, redirects);
            }
        }
    }

    private static Uri Next(Uri url, HttpResponseMessage response, int redirects)
    {
        if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location)
        {
            throw new RemoteFetchException($"was answered with {(int)response.StatusCode}");
        }

        var next = new Uri(url, location);
        return redirects == MaxRedirects ? throw new RemoteFetchException($"was redirected more than {MaxRedirects} times")
            : url.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp ? throw new RemoteFetchException("was redirected from https to http")
            : next;
    }

    /// <summary>What a client may know of a failure; null for one that is not of the network.</summary>
    private static string? ReasonOf(Exception exception) => exception switch
    {
        AddressRefusedException or { InnerException: AddressRefusedException } => "leads to an address that is not public",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound } } =>
            "names a host that is not known",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "has no valid certificate",
        HttpRequestException or HttpIOException or IOException { InnerException: SocketException } => "cannot be reached, or the connection broke",
        _ => null,
    };
}

/// <summary>A URL did not give what it names.</summary>
/// <param name="reason">Goes after the name of the member that has the URL.</param>
public sealed class RemoteFetchException(string reason) : Exception(reason);
