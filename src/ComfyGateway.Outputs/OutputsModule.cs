using Amazon.S3;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using ComfyGateway.Outputs.Local;
using ComfyGateway.Outputs.Retention;
using ComfyGateway.Outputs.S3;
using ComfyGateway.Outputs.Uploads;
using ComfyGateway.Platform.Scheduling;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.Outputs;

/// <summary>Keeps and serves what jobs make.</summary>
public static class OutputsModule
{
    public static IServiceCollection AddOutputs(this IServiceCollection services) => services
        .AddStore()
        .AddSingleton<IStoreWatch, StoreWatch>()
        .AddSingleton<OrphanSweep>()
        .AddRecurringWork<SweepRun>(_ => SweepRun.Interval)
        .AddSingleton<ImageConverter>()
        .AddSingleton<ConvertedImages>()
        .AddSingleton<IOutputArchive, OutputArchive>()
        .AddUploads();

    /// <summary>Tries the store of these settings, without a gateway.</summary>
    public static async Task<StoreCondition> Examine(GatewaySettings settings, CancellationToken ct)
    {
        if (settings.StorageProvider == StorageProvider.Local)
        {
            return await new LocalFileStore(settings).Examine(ct);
        }

        using var s3 = S3Connection.Open(settings);
        return await new S3FileStore(s3, settings, TimeProvider.System, NullLogger<S3FileStore>.Instance).Examine(ct);
    }

    private static IServiceCollection AddStore(this IServiceCollection services) => services
        .AddSingleton<LocalFileStore>()
        .AddSingleton<IAmazonS3>(provider => S3Connection.Open(provider.GetRequiredService<GatewaySettings>()))
        .AddSingleton<S3FileStore>()
        .AddSingleton<IFileStore>(provider => provider.GetRequiredService<GatewaySettings>().StorageProvider == StorageProvider.S3
            ? provider.GetRequiredService<S3FileStore>()
            : provider.GetRequiredService<LocalFileStore>());
}
