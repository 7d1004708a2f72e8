using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Jobs.Retention;
using ComfyGateway.Platform.Scheduling;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Jobs;

/// <summary>The record of jobs and the routes that make and show them.</summary>
public static class JobsModule
{
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddSingleton<JobChanges>()
        .AddSingleton<JobLedger>()
        .AddSingleton<IJobLedger>(provider => provider.GetRequiredService<JobLedger>())
        .AddHostedService(provider => provider.GetRequiredService<JobLedger>())
        .AddSingleton<IJobOutputs, JobOutputs>()
        .AddSingleton<RequestedWork>()
        .AddSingleton<JobWait>()
        .AddSingleton<EndedJobs>()
        .AddSingleton<JobTails>()
        .AddSingleton<JobPages>()
        .AddSingleton<ExpiredJobs>()
        .AddRecurringWork<RetentionRun>(_ => RetentionRun.Interval)
        .AddSingleton<JobStreams>()
        .AddSingleton<KnownJobs>()
        .AddSingleton<JobIntake>()
        .AddHostedService(provider => provider.GetRequiredService<JobIntake>())
        .ConfigureMarten(options =>
        {
            options.Projections.LiveStreamAggregation<Job>();
            options.Projections.Snapshot<JobView>(SnapshotLifecycle.Inline);
            options.Policies.ForAllDocuments(mapping =>
            {
                if (mapping.DocumentType == typeof(JobView))
                {
                    JobPages.Index(mapping);
                }
            });
        });
}
