using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs.S3;

/// <summary>A client that AWS and its many likenesses accept (docs/adr/0014).</summary>
internal static class S3Connection
{
    private const int Retries = 4;

    public static IAmazonS3 Open(GatewaySettings settings)
    {
        var config = new AmazonS3Config
        {
            // Newer SDKs send and expect checksums in trailers by default, which many servers do not know.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Retries,
        };
        if (settings.S3Endpoint.Length > 0)
        {
            (config.ServiceURL, config.AuthenticationRegion, config.ForcePathStyle) = (settings.S3Endpoint, settings.S3Region, true);
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.S3Region);
        }

        // Without keys: environment, profile, container or instance role, in the SDK's own order.
        return settings.S3AccessKey.Length > 0
            ? new AmazonS3Client(new BasicAWSCredentials(settings.S3AccessKey, settings.S3SecretKey), config)
            : new AmazonS3Client(config);
    }
}
