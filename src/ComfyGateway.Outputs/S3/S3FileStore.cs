using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Outputs.S3;

/// <summary>Files in a bucket of S3 or of a server that speaks like it.</summary>
internal sealed partial class S3FileStore(IAmazonS3 s3, GatewaySettings settings, TimeProvider clock, ILogger<S3FileStore> logger) : IFileStore
{
    // Of no job, so that nothing takes it for an output.
    private const string Probe = ".probe";

    private static readonly TimeSpan LinkLife = TimeSpan.FromMinutes(15);

    /// <summary>How many files are listed by one request; S3 gives at most this.</summary>
    internal int PageSize { get; init; } = 1000;

    private readonly S3Place _place = S3Place.Of(settings);

    public async Task<StoredFile> Store(string path, Stream content, CancellationToken ct)
    {
        try
        {
            return await new S3Upload(s3, _place, _place.KeyOf(path), logger).Send(content, ct);
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            throw S3Failure.From(exception);
        }
    }

    public async ValueTask<Stream?> Open(string path, CancellationToken ct)
    {
        var key = _place.KeyOf(path);
        try
        {
            var found = await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _place.Bucket, Key = key }, ct);
            return new S3Content(s3, _place.Bucket, key, found.ETag, found.ContentLength);
        }
        catch (AmazonS3Exception exception) when (S3Failure.IsNotFound(exception))
        {
            return null;
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            throw S3Failure.From(exception);
        }
    }

    public string? PathOnDisk(string path) => null;

    public async Task<Uri?> Link(string path, LinkedFile file)
    {
        var request = new GetPreSignedUrlRequest
        {
            BucketName = _place.Bucket,
            Key = _place.KeyOf(path),
            Verb = HttpVerb.GET,
            Expires = (clock.GetUtcNow() + LinkLife).UtcDateTime,
            Protocol = settings.S3Endpoint.StartsWith("http:", StringComparison.OrdinalIgnoreCase) ? Protocol.HTTP : Protocol.HTTPS,
        };
        (request.ResponseHeaderOverrides.ContentType, request.ResponseHeaderOverrides.ContentDisposition) = (file.ContentType, file.Disposition);
        return new Uri(await s3.GetPreSignedURLAsync(request));
    }

    public async Task Delete(string path, CancellationToken ct)
    {
        try
        {
            await s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _place.Bucket, Key = _place.KeyOf(path) }, ct);
        }
        catch (AmazonS3Exception exception) when (S3Failure.IsNotFound(exception))
        {
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            throw S3Failure.From(exception);
        }
    }

    public async IAsyncEnumerable<KeptFile> List(string folder, [EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListObjectsV2Request { BucketName = _place.Bucket, Prefix = _place.Prefix + (folder.Length == 0 ? "" : folder + "/"), MaxKeys = PageSize };
        string? next;
        do
        {
            var page = await Page(request, ct);
            foreach (var file in page.S3Objects ?? [])
            {
                if (_place.PathOf(file.Key) is not Probe and var path)
                {
                    yield return new KeptFile(path, file.Size ?? 0, new DateTimeOffset((file.LastModified ?? default).ToUniversalTime()));
                }
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
            request.ContinuationToken = next;
        }
        while (next is not null);
    }

    public async Task Tidy(DateTimeOffset before, CancellationToken ct)
    {
        try
        {
            var uploads = await s3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _place.Bucket, Prefix = _place.Prefix }, ct);
            foreach (var upload in (uploads.MultipartUploads ?? []).Where(u => u.Initiated is { } start && start.ToUniversalTime() < before.UtcDateTime))
            {
                await s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = _place.Bucket, Key = upload.Key, UploadId = upload.UploadId }, ct);
            }
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            // Not every server can, and not every key may; a rule of the bucket does it as well.
            LogNotTidied(logger, exception.Message);
        }
    }

    public async Task<StoreCondition> Examine(CancellationToken ct)
    {
        try
        {
            // Its error answers have a body, which those to HEAD have not, and the sweep needs the permission.
            await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _place.Bucket, Prefix = _place.Prefix, MaxKeys = 1 }, ct);
            await new S3Upload(s3, _place, _place.KeyOf(Probe), logger).Send(new MemoryStream("ComfyGateway may write here.\n"u8.ToArray()), ct);
            return StoreCondition.Good;
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            return new StoreCondition(S3Failure.Advice(exception, settings));
        }
    }

    private async Task<ListObjectsV2Response> Page(ListObjectsV2Request request, CancellationToken ct)
    {
        try
        {
            return await s3.ListObjectsV2Async(request, ct);
        }
        catch (Exception exception) when (S3Failure.Is(exception, ct))
        {
            throw S3Failure.From(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Incomplete uploads in S3 were not looked through: {Reason}")]
    private static partial void LogNotTidied(ILogger logger, string reason);
}
