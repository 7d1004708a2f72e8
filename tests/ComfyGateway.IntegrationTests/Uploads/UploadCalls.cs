using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Uploads;

/// <summary>Files to upload, and the sending of them.</summary>
internal static class UploadCalls
{
    private static int _made;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A real picture that no other test has.</summary>
    public static byte[] Picture(int width = 48, int height = 32)
    {
        var made = Interlocked.Increment(ref _made);
        var rows = new MemoryStream();
        using (var deflated = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                deflated.WriteByte(0);
                for (var x = 0; x < width; x++)
                {
                    deflated.Write([(byte)(x * 5), (byte)(y * 7), (byte)made]);
                }
            }
        }

        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", [.. Big((uint)width), .. Big((uint)height), 8, 2, 0, 0, 0]), .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>A file of this size that is taken for sound, and is not the same twice.</summary>
    public static byte[] Sound(int size)
    {
        var sound = new byte[size];
        new Random(Interlocked.Increment(ref _made)).NextBytes(sound);
        "RIFF    WAVEfmt "u8.CopyTo(sound);
        return sound;
    }

    public static Task<HttpResponseMessage> Upload(this HttpClient client, byte[] content, string? contentType = null)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        return client.PostAsync("/uploads", body, Ct);
    }

    public static Task<HttpResponseMessage> UploadForm(this HttpClient client, byte[] content, string filename, string part = "file") =>
        client.PostAsync("/uploads", new MultipartFormDataContent { { new ByteArrayContent(content), part, filename } }, Ct);

    /// <summary>Uploads what must be accepted.</summary>
    public static async Task<JsonElement> Uploaded(this HttpClient client, byte[] content) => await client.Upload(content).ShouldBe(201);

    public static string Id(this JsonElement upload) => upload.GetProperty("uploadId").GetString()!;

    private static byte[] Chunk(string type, byte[] content)
    {
        byte[] named = [.. System.Text.Encoding.ASCII.GetBytes(type), .. content];
        return [.. Big((uint)content.Length), .. named, .. Big(Crc(named))];
    }

    private static uint Crc(byte[] content) => ~content.Aggregate(uint.MaxValue, (crc, part) =>
        Enumerable.Range(0, 8).Aggregate(crc ^ part, (c, _) => (c & 1) == 0 ? c >> 1 : (c >> 1) ^ 0xEDB88320));

    private static byte[] Big(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
