using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Local;
using ComfyGateway.Outputs.Uploads;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Outputs;

/// <summary>Keeps and serves what jobs make.</summary>
public static class OutputsModule
{
    public static IServiceCollection AddOutputs(this IServiceCollection services) => services
        .AddSingleton<IFileStore, LocalFileStore>()
        .AddSingleton<IOutputArchive, OutputArchive>()
        .AddUploads();
}
