using System.Buffers;
using Amazon.S3;
using Amazon.S3.Model;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Files;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Outputs.S3;

/// <summary>
/// Sends a stream of unknown length part by part: one part is in memory at a time, and a part that fails is sent again from there. What
/// fits into one part is sent at once. Either way the object appears when all of it is there.
/// </summary>
internal sealed partial class S3Upload(IAmazonS3 s3, S3Place place, string key, ILogger logger)
{
    // S3 takes at most 10,000 parts: files of up to 80 GB.
    internal const int PartSize = 8 * 1024 * 1024;

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    public async Task<StoredFile> Send(Stream content, CancellationToken ct)
    {
        var part = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            using var measure = new FileMeasure();
            var read = await Fill(part, content, measure, ct);
            if (read < PartSize)
            {
                await PutWhole(part, read, ct);
            }
            else
            {
                await PutParts(part, content, measure, ct);
            }

            return measure.Result();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }
    }

    private static async Task<int> Fill(byte[] part, Stream content, FileMeasure measure, CancellationToken ct)
    {
        var read = await content.ReadAtLeastAsync(part.AsMemory(0, PartSize), PartSize, throwOnEndOfStream: false, ct);
        measure.Add(part.AsSpan(0, read));
        return read;
    }

    private async Task PutWhole(byte[] bytes, int count, CancellationToken ct) => await s3.PutObjectAsync(
        new PutObjectRequest
        {
            BucketName = place.Bucket,
            Key = key,
            InputStream = new MemoryStream(bytes, 0, count, writable: false),
            ServerSideEncryptionMethod = place.Encryption,
            // The bytes are at hand, so they can be signed as they are; signed chunks are not understood everywhere.
            UseChunkEncoding = false,
        },
        ct);

    private async Task PutParts(byte[] part, Stream content, FileMeasure measure, CancellationToken ct)
    {
        var upload = await s3.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = place.Bucket, Key = key, ServerSideEncryptionMethod = place.Encryption }, ct);
        try
        {
            var tags = new List<PartETag>();
            for (var read = PartSize; read > 0; read = await Fill(part, content, measure, ct))
            {
                tags.Add(await PutPart(upload.UploadId, tags.Count + 1, part, read, ct));
            }

            await s3.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = place.Bucket, Key = key, UploadId = upload.UploadId, PartETags = tags }, ct);
        }
        catch
        {
            await Abort(upload.UploadId);
            throw;
        }
    }

    private async Task<PartETag> PutPart(string uploadId, int number, byte[] part, int count, CancellationToken ct)
    {
        var answer = await s3.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = place.Bucket,
                Key = key,
                UploadId = uploadId,
                PartNumber = number,
                PartSize = count,
                InputStream = new MemoryStream(part, 0, count, writable: false),
                UseChunkEncoding = false,
            },
            ct);
        return new PartETag(number, answer.ETag);
    }

    // Parts that nobody completes are paid for until somebody aborts them.
    private async Task Abort(string uploadId)
    {
        using var patience = new CancellationTokenSource(AbortPatience);
        try
        {
            await s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = place.Bucket, Key = key, UploadId = uploadId }, patience.Token);
        }
        catch (Exception exception) when (S3Failure.Is(exception, CancellationToken.None))
        {
            LogNotAborted(logger, key, uploadId, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "S3 still holds parts of {Key} (upload {UploadId}), a rule of the bucket should expire such: {Reason}")]
    private static partial void LogNotAborted(ILogger logger, string key, string uploadId, string reason);
}
