namespace ComfyGateway.Platform.Settings;

/// <summary>What no single variable can tell: values that cannot work together, and what deserves a warning.</summary>
internal static class SettingCombinations
{
    // A value that was rejected is absent here, and has its own line already.
    public static IEnumerable<string> Problems(GatewaySettings settings)
    {
        if (settings.StorageProvider == StorageProvider.S3 && settings.S3Bucket is "")
        {
            yield return "S3_BUCKET: found nothing, accepted: the name of a bucket, because STORAGE_PROVIDER is s3";
        }

        if (settings.S3AccessKey is "" != settings.S3SecretKey is "")
        {
            var (missing, given) = settings.S3AccessKey is "" ? ("S3_ACCESS_KEY", "S3_SECRET_KEY") : ("S3_SECRET_KEY", "S3_ACCESS_KEY");
            yield return $"{missing}: found nothing, accepted: a value, because {given} is set; or both empty";
        }
    }

    public static IReadOnlyList<string> Warnings(IReadOnlyDictionary<string, string> variables)
    {
        List<string> warnings = [];

        if (SettingsReader.IsGiven("REDIS_URL", variables, out _))
        {
            warnings.Add("REDIS_URL is set but not used: the queue lives in PostgreSQL");
        }

        if (!SettingsReader.IsGiven("WEBHOOK_SECRET", variables, out _))
        {
            warnings.Add("WEBHOOK_SECRET is empty: webhooks are sent unsigned, and receivers cannot tell them from forgeries");
        }

        warnings.AddRange(Setting.All.SelectMany(setting => Overruled(setting, variables)));
        return warnings;
    }

    private static IEnumerable<string> Overruled(Setting setting, IReadOnlyDictionary<string, string> variables)
    {
        var used = SettingsReader.Given(setting, variables);

        return setting.Names
            .Where(name => name != used?.Name && SettingsReader.IsGiven(name, variables, out var text) && text.Trim() != used?.Text)
            .Select(name => $"{name} is ignored, because {used?.Name} is set and differs");
    }
}
