using ComfyGateway.Platform.Scheduling;
using ComfyGateway.Workflows.Contracts;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>What uploads need of the container, the event store and the scheduler.</summary>
internal static class UploadRegistration
{
    public static IServiceCollection AddUploads(this IServiceCollection services) => services
        .AddSingleton<UploadIntake>()
        .AddSingleton<IInputFiles, InputFiles>()
        .AddSingleton<UploadUses>()
        .AddSingleton<UploadLifetime>()
        .AddRecurringWork<UploadSweep>(UploadLifetime.IntervalOf)
        .ConfigureMarten(options =>
        {
            options.Projections.Snapshot<Upload>(SnapshotLifecycle.Inline);
            options.Schema.For<Upload>()
                .Duplicate(u => u.StoredAt, pgType: "timestamptz")
                .UniqueIndex(Marten.Schema.UniqueIndexType.Computed, "upload_of_owner", u => u.Owner, u => u.Sha256);
            options.Storage.ExtendedSchemaObjects.Add(new UploadUsesTable());
        });
}
