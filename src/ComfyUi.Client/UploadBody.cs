using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ComfyUi.Client;

/// <summary>The multipart body of POST /upload/image.</summary>
internal static class UploadBody
{
    /// <param name="wrote">Called after each piece of the content.</param>
    public static HttpContent Of(Stream content, string filename, string? subfolder, string type, bool overwrite, Action wrote)
    {
        var body = new MultipartFormDataContent
        {
            // aiohttp reads raw UTF-8 in a file name, but neither RFC 2047 words nor filename*.
            HeaderEncodingSelector = (_, _) => Encoding.UTF8,
        };
        body.Add(Field("type", type));
        body.Add(Field("overwrite", overwrite ? "true" : "false"));
        if (!string.IsNullOrEmpty(subfolder))
        {
            body.Add(Field("subfolder", subfolder));
        }

        var file = new BorrowedStreamContent(content, wrote);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Name(file, $"name=\"image\"; filename=\"{Escape(filename)}\"");
        body.Add(file);
        return body;
    }

    private static ByteArrayContent Field(string name, string value)
    {
        var field = new ByteArrayContent(Encoding.UTF8.GetBytes(value));
        Name(field, $"name=\"{name}\"");
        return field;
    }

    private static void Name(HttpContent part, string parameters) =>
        part.Headers.TryAddWithoutValidation("Content-Disposition", "form-data; " + parameters);

    // As browsers do (WHATWG HTML, multipart form data).
    private static string Escape(string filename) =>
        filename.Replace("\"", "%22", StringComparison.Ordinal)
            .Replace("\r", "%0D", StringComparison.Ordinal)
            .Replace("\n", "%0A", StringComparison.Ordinal);

    /// <summary>Like StreamContent, but the stream stays the caller's, and each piece that was written is told of.</summary>
    private sealed class BorrowedStreamContent(Stream stream, Action wrote) : HttpContent
    {
        // Small enough that a slow line takes one well within anybody's patience. CopyToAsync would write a file in memory as one piece.
        private const int Piece = 32 * 1024;

        protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) =>
            SerializeToStreamAsync(target, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream target, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(Piece);
            try
            {
                while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                {
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    wrote();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = stream.CanSeek ? stream.Length - stream.Position : 0;
            return stream.CanSeek;
        }
    }
}
