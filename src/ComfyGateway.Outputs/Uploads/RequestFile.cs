using ComfyGateway.Platform.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>The file in a request: the part <c>file</c> of a multipart form, or the whole body. Read as it comes in, never collected.</summary>
internal static class RequestFile
{
    private const string Part = "file";

    // RFC 2046, 5.1.1.
    private const int MaxBoundaryLength = 70;

    // Boundaries and headers of a multipart form.
    private const long Around = 64 * 1024;

    /// <param name="most">The largest file; the limit on other requests' bodies does not hold.</param>
    /// <exception cref="FileRefusedException">There is none, or it is said to be larger.</exception>
    public static async Task<(Stream Content, string? Filename)> Open(HttpRequest request, long most, CancellationToken ct)
    {
        // The file is held to its limit where it is read. A body over the server's own limit would have the connection closed at once, and
        // who is still sending might never read why; within it, the server reads on for some seconds after the answer.
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (request.ContentLength > most + Around)
        {
            throw FileRefusedException.TooLarge(most);
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
        {
            return (request.Body, NameIn(request.Headers.ContentDisposition));
        }

        var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).Value switch
        {
            null or "" => throw FileRefusedException.Invalid("is missing: the form's Content-Type names no boundary"),
            { Length: > MaxBoundaryLength } => throw FileRefusedException.Invalid($"cannot be read: the form's boundary is longer than {MaxBoundaryLength} characters"),
            var boundary => boundary,
        }, request.Body);
        var section = await MultipartFile.Next(reader, ct) ?? throw FileRefusedException.Invalid("is missing: the form has no part of this name");
        var disposition = section.GetContentDispositionHeader();
        return HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value == Part
            ? (new MultipartFile(reader, section.Body), NameIn(section.ContentDisposition))
            : throw FileRefusedException.Invalid("is to be the only part of the form; another part came first");
    }

    private static string? NameIn(string? disposition) =>
        ContentDispositionHeaderValue.TryParse(disposition, out var parsed)
            ? HeaderUtilities.RemoveQuotes(parsed.FileNameStar.HasValue ? parsed.FileNameStar : parsed.FileName).Value
            : null;
}

/// <summary>The bytes of a form's part. At its end the form must end too, so that half a request is not taken for a whole file.</summary>
internal sealed class MultipartFile(MultipartReader reader, Stream part) : ForwardStream
{
    public static async Task<MultipartSection?> Next(MultipartReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadNextSectionAsync(ct);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await part.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken();
        }

        return read > 0 || buffer.Length == 0 || await Next(reader, cancellationToken) is null
            ? read
            : throw FileRefusedException.Invalid("is to be the only part of the form; another part came after it");
    }

    // The connection's own failures are left to the server.
    private static bool IsBroken(Exception exception) => exception is InvalidDataException or (IOException and not BadHttpRequestException and not Microsoft.AspNetCore.Connections.ConnectionResetException);

    private static FileRefusedException Broken() => FileRefusedException.Invalid("cannot be read: the form is broken or does not end");
}
