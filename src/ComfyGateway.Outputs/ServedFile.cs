using ComfyGateway.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Outputs;

/// <summary>A file over HTTP: ranges, conditions, and headers that let it be kept for ever and never be run.</summary>
/// <param name="content">Seekable; closed afterwards.</param>
internal sealed class ServedFile(KnownFile file, Stream content) : IResult
{
    // What a browser would run, were it served inline from the gateway's own origin.
    private static readonly HashSet<string> Active = ["image/svg+xml", "text/html", "application/xhtml+xml", "application/xml", "text/xml"];

    /// <summary>The value of <c>Content-Disposition</c>.</summary>
    public static string DispositionOf(KnownFile file)
    {
        var disposition = new ContentDispositionHeaderValue(Active.Contains(file.ContentType) ? "attachment" : "inline");
        disposition.SetHttpFileName(file.Filename);
        return disposition.ToString();
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var _ = content;
        var response = httpContext.Response;
        await Describe(httpContext);
        if (response.StatusCode is StatusCodes.Status412PreconditionFailed or StatusCodes.Status416RangeNotSatisfiable)
        {
            BecomeError(response);
        }
        else if (HttpMethods.IsGet(httpContext.Request.Method) && response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent)
        {
            content.Position = response.GetTypedHeaders().ContentRange?.From ?? 0;
            await PiecewiseBody.Send(response, content, response.ContentLength!.Value, httpContext.RequestAborted);
        }
    }

    /// <summary>What is true of the file in any form.</summary>
    public static void SetHeaders(IHeaderDictionary headers) =>
        (headers.CacheControl, headers.XContentTypeOptions) = ("private, max-age=31536000, immutable", "nosniff");

    /// <summary>
    /// What the framework makes of the request's conditions and range: as for <c>HEAD</c>, since it would send the body through a large
    /// buffer for each reader.
    /// </summary>
    private async Task Describe(HttpContext httpContext)
    {
        SetHeaders(httpContext.Response.Headers);
        httpContext.Response.Headers.ContentDisposition = DispositionOf(file);
        var described = TypedResults.Stream(
            new OnlyLength(content.Length), file.ContentType, lastModified: file.StoredAt, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
        // It takes every unit for bytes; one that is not known is to be ignored (RFC 9110, 14.2).
        if (!httpContext.Request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
        {
            httpContext.Request.Headers.Range = default;
        }

        var method = httpContext.Request.Method;
        httpContext.Request.Method = HttpMethods.Head;
        try
        {
            await described.ExecuteAsync(httpContext);
        }
        finally
        {
            httpContext.Request.Method = method;
        }
    }

    // Without a type and length of its own it is given the body of all errors; what was said of the file is not true of that.
    private static void BecomeError(HttpResponse response)
    {
        (response.ContentType, response.ContentLength) = (null, null);
        response.Headers.CacheControl = response.Headers.ContentDisposition = response.Headers.ETag = response.Headers.LastModified = default;
    }

    /// <summary>As long as the file, and never read.</summary>
    private sealed class OnlyLength(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}

/// <summary>What is recorded of a file in the store, and is told with it.</summary>
/// <param name="Sha256">Tells its bytes from all others.</param>
internal sealed record KnownFile(string Filename, string ContentType, string Sha256, DateTimeOffset StoredAt)
{
    public static KnownFile Of(JobOutput output) => new(output.Filename, output.ContentType, output.Sha256, output.StoredAt);

    public static KnownFile Of(Upload upload) => new(upload.Filename, upload.ContentType, upload.Sha256, upload.StoredAt);
}
