using Amazon.S3;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Local;
using ComfyGateway.Outputs.S3;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Outputs;

/// <summary>Keeps and serves what jobs make.</summary>
public static class OutputsModule
{
    public static IServiceCollection AddOutputs(this IServiceCollection services) => services
        .AddStore()
        .AddSingleton<IOutputArchive, OutputArchive>();

    private static IServiceCollection AddStore(this IServiceCollection services) => services
        .AddSingleton<LocalFileStore>()
        .AddSingleton<IAmazonS3>(provider => S3Connection.Open(provider.GetRequiredService<GatewaySettings>()))
        .AddSingleton<S3FileStore>()
        .AddSingleton<IFileStore>(provider => provider.GetRequiredService<GatewaySettings>().StorageProvider == StorageProvider.S3
            ? provider.GetRequiredService<S3FileStore>()
            : provider.GetRequiredService<LocalFileStore>());
}
