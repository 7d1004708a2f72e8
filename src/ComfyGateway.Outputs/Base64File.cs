using System.Buffers.Text;
using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Json;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Outputs;

/// <summary><c>{filename, contentType, size, data}</c>, with the data streamed: no file is ever whole in memory.</summary>
internal sealed class Base64File(JobOutput output, Stream content) : IResult
{
    // Groups of three bytes become four letters, so pieces of a multiple of three can be joined.
    private const int Piece = 3 * 16 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var _ = content;
        var response = httpContext.Response;
        var ct = httpContext.RequestAborted;
        ServedFile.SetHeaders(response.Headers);
        response.ContentType = "application/json; charset=utf-8";

        var head = JsonSerializer.Serialize(new { output.Filename, output.ContentType, output.Size }, ApiJson.Options);
        var opening = System.Text.Encoding.UTF8.GetBytes(head[..^1] + ",\"data\":\"");
        response.ContentLength = opening.Length + ((output.Size + 2) / 3 * 4) + 2;
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await response.Body.WriteAsync(opening, ct);
        await WriteData(response.Body, ct);
        await response.Body.WriteAsync("\"}"u8.ToArray(), ct);
    }

    private async Task WriteData(Stream body, CancellationToken ct)
    {
        var piece = new byte[Piece];
        var letters = new byte[Base64.GetMaxEncodedToUtf8Length(Piece)];
        int read;
        while ((read = await content.ReadAtLeastAsync(piece, Piece, throwOnEndOfStream: false, ct)) > 0)
        {
            Base64.EncodeToUtf8(piece.AsSpan(0, read), letters, out var _, out var written);
            await body.WriteAsync(letters.AsMemory(0, written), ct);
        }
    }
}
