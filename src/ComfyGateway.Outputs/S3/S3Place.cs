using Amazon.S3;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs.S3;

/// <summary>Where in S3 the gateway's files are, and how they are encrypted there.</summary>
internal sealed record S3Place(string Bucket, string Prefix, ServerSideEncryptionMethod? Encryption)
{
    public static S3Place Of(GatewaySettings settings) => new(
        settings.S3Bucket,
        settings.S3Prefix.Length == 0 ? "" : settings.S3Prefix + "/",
        settings.S3Encryption.Length == 0 ? null : ServerSideEncryptionMethod.FindValue(settings.S3Encryption));

    public string KeyOf(string path) => Prefix + Checked(path);

    public string PathOf(string key) => key[Prefix.Length..];

    // Keys are no paths to S3, but they are to what stands behind many of its likenesses.
    private static string Checked(string path) => path.Split('/').All(segment => segment is not ("" or "." or ".."))
        ? path
        : throw new ArgumentException("The path leaves the store.", nameof(path));
}
