using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>The bytes of an upload, or a range of them. Its type is that of its content, which is nothing that a browser would run.</summary>
internal sealed class ServedUpload(Upload upload, Stream content) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        var disposition = new ContentDispositionHeaderValue("inline");
        disposition.SetHttpFileName(upload.Filename);
        response.Headers.ContentDisposition = disposition.ToString();

        var tag = new EntityTagHeaderValue($"\"{upload.Sha256}\"");
        await TypedResults.Stream(content, upload.ContentType, lastModified: upload.StoredAt, entityTag: tag, enableRangeProcessing: true).ExecuteAsync(httpContext);
        if (response.StatusCode == StatusCodes.Status416RangeNotSatisfiable)
        {
            // Without a type and length of its own it is given the body of all errors; what was said of the file is not true of that.
            (response.ContentType, response.ContentLength) = (null, null);
            response.Headers.CacheControl = response.Headers.ContentDisposition = response.Headers.ETag = response.Headers.LastModified = default;
        }
    }
}
