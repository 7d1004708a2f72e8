using System.Net.Sockets;
using System.Text;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>Sends requests byte by byte as recorded, which no HTTP client would let through.</summary>
internal static class RawHttp
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<RawResponse> Send(Uri server, RawRequest request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, Ct);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Bytes(request), Ct);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, Ct);
        return Parse(answer.ToArray());
    }

    private static byte[] Bytes(RawRequest request)
    {
        var head = new StringBuilder().Append(request.Line).Append("\r\n");
        foreach (var (name, value) in request.Headers.Where(h => h.Name is not ("Content-Length" or "Connection")))
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (!request.Headers.Any(h => h.Name == "Transfer-Encoding"))
        {
            head.Append("Content-Length: ").Append(request.Body.Length).Append("\r\n");
        }

        return [.. Encoding.UTF8.GetBytes(head.Append("Connection: close\r\n\r\n").ToString()), .. request.Body];
    }

    private static RawResponse Parse(byte[] answer)
    {
        var split = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        split.ShouldBeGreaterThan(0, "the connection was closed without an answer");
        var lines = Encoding.UTF8.GetString(answer, 0, split).Split("\r\n");
        var headers = lines[1..].Select(l => l.Split(": ", 2)).Select(p => (p[0], p.Length > 1 ? p[1] : "")).ToList();
        return new RawResponse(lines[0], headers, Encoding.UTF8.GetString(answer, split + 4, answer.Length - split - 4));
    }
}
