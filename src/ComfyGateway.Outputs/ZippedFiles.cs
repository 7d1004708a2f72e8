using System.IO.Compression;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Outputs;

/// <summary>Files as one ZIP, written while it is sent: none of it is ever whole in memory or on a disk.</summary>
internal sealed class ZippedFiles(string name, IReadOnlyList<JobOutput> files, IFileStore store) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var ct = httpContext.RequestAborted;
        response.ContentType = "application/zip";
        (response.Headers.CacheControl, response.Headers.XContentTypeOptions) = ("no-store", "nosniff");
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}.zip\"";
        var body = new HeldBackStream(response.Body);
        await using (var zip = await ZipArchive.CreateAsync(body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, ct))
        {
            foreach (var file in files)
            {
                if (await store.Open(file.StoragePath, ct) is not { } content)
                {
                    // The status is sent: a connection that breaks is the only way left to say that this is not all.
                    httpContext.Abort();
                    return;
                }

                await Add(zip, file, content, ct);
            }
        }

        await body.FlushAsync(ct);
    }

    private static async Task Add(ZipArchive zip, JobOutput file, Stream content, CancellationToken ct)
    {
        await using var reading = content;
        // Pictures, videos and sound are compressed already.
        var entry = zip.CreateEntry(file.Filename, file.Kind == "text" ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
        entry.LastWriteTime = file.StoredAt;
        await using var target = await entry.OpenAsync(ct);
        await content.CopyToAsync(target, ct);
    }
}
