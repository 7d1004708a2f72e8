using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs.S3;

/// <summary>What a failed call to S3 means.</summary>
internal static class S3Failure
{
    public static bool Is(Exception exception, CancellationToken ct) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException || (exception is OperationCanceledException && !ct.IsCancellationRequested);

    public static bool IsNotFound(AmazonS3Exception exception) => exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode != "NoSuchBucket";

    public static IOException From(Exception exception) => new($"S3: {Reason(exception)}", exception);

    /// <summary>A line for the operator: the variable, what was found, what is accepted.</summary>
    public static string Advice(Exception exception, GatewaySettings settings)
    {
        var at = settings.S3Endpoint.Length > 0 ? settings.S3Endpoint : $"AWS in {settings.S3Region}";
        var code = (exception as AmazonS3Exception)?.ErrorCode;
        return exception switch
        {
            AmazonS3Exception when code == "NoSuchBucket" =>
                $"S3_BUCKET: found \"{settings.S3Bucket}\", accepted: a bucket that exists at {at}; create it first",
            AmazonS3Exception when code is "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" =>
                $"S3_REGION: found \"{settings.S3Region}\", accepted: the region of bucket \"{settings.S3Bucket}\" ({Reason(exception)})",
            AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest } =>
                $"{Keys(settings)}, accepted: keys that may list, read, write and delete in bucket \"{settings.S3Bucket}\" at {at} ({code}: {Reason(exception)})",
            AmazonS3Exception => $"S3_BUCKET: found \"{settings.S3Bucket}\", which cannot be used at {at}: {code}: {Reason(exception)}",
            AmazonClientException when settings.S3AccessKey.Length == 0 =>
                $"S3_ACCESS_KEY, S3_SECRET_KEY: found nothing, and no credentials in the usual AWS places either, accepted: both, or a role or profile ({Reason(exception)})",
            _ => $"S3_ENDPOINT: found \"{settings.S3Endpoint}\", accepted: where an S3 server answers ({Reason(exception)})",
        };
    }

    private static string Keys(GatewaySettings settings) => settings.S3AccessKey.Length > 0
        ? "S3_ACCESS_KEY, S3_SECRET_KEY: found \"***\""
        : "S3_ACCESS_KEY, S3_SECRET_KEY: found nothing, so the usual AWS places were asked";

    private static string Reason(Exception exception) => exception.Message.ReplaceLineEndings(" ").Trim();
}
