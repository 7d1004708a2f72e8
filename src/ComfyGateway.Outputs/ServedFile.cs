using ComfyGateway.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Outputs;

/// <summary>A file over HTTP: ranges, conditions, and headers that let it be kept for ever and never be run.</summary>
/// <param name="path">Where it is on the disk; null where <paramref name="content"/> has it.</param>
internal sealed class ServedFile(KnownFile file, string? path, Stream? content) : IResult
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
        SetHeaders(httpContext.Response.Headers);
        httpContext.Response.Headers.ContentDisposition = DispositionOf(file);
        if (path is not null)
        {
            var features = httpContext.Features;
            features.Set<IHttpResponseBodyFeature>(new FileBody(features.GetRequiredFeature<IHttpResponseBodyFeature>(), features.Get<IHttpMinResponseDataRateFeature>()));
        }

        try
        {
            await Served().ExecuteAsync(httpContext);
        }
        catch (Exception exception) when ((exception is FileNotFoundException or DirectoryNotFoundException) && !httpContext.Response.HasStarted)
        {
            // Its time ran out between the look for it and this.
            BecomeError(httpContext.Response);
            throw OutputProblems.Deleted(file.Filename);
        }

        if (httpContext.Response.StatusCode == StatusCodes.Status416RangeNotSatisfiable)
        {
            BecomeError(httpContext.Response);
        }
    }

    /// <summary>What is true of the file in any form.</summary>
    public static void SetHeaders(IHeaderDictionary headers) =>
        (headers.CacheControl, headers.XContentTypeOptions) = ("private, max-age=31536000, immutable", "nosniff");

    private IResult Served()
    {
        var tag = new EntityTagHeaderValue($"\"{file.Sha256}\"");
        return path is not null
            ? TypedResults.PhysicalFile(path, file.ContentType, lastModified: file.StoredAt, entityTag: tag, enableRangeProcessing: true)
            : TypedResults.Stream(content!, file.ContentType, lastModified: file.StoredAt, entityTag: tag, enableRangeProcessing: true);
    }

    // Without a type and length of its own it is given the body of all errors; what was said of the file is not true of that.
    private static void BecomeError(HttpResponse response)
    {
        (response.ContentType, response.ContentLength) = (null, null);
        response.Headers.CacheControl = response.Headers.ContentDisposition = response.Headers.ETag = response.Headers.LastModified = default;
    }
}

/// <summary>What is recorded of a file in the store, and is told with it.</summary>
/// <param name="Sha256">Tells its bytes from all others.</param>
internal sealed record KnownFile(string Filename, string ContentType, string Sha256, DateTimeOffset StoredAt)
{
    public static KnownFile Of(JobOutput output) => new(output.Filename, output.ContentType, output.Sha256, output.StoredAt);

    public static KnownFile Of(Upload upload) => new(upload.Filename, upload.ContentType, upload.Sha256, upload.StoredAt);
}
