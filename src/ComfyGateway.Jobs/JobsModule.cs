using ComfyGateway.Jobs.Contracts;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Jobs;

/// <summary>The record of jobs and the routes that make and show them.</summary>
public static class JobsModule
{
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddSingleton<IJobLedger, JobLedger>()
        .AddSingleton<IJobOutputs, JobOutputs>()
        .AddSingleton<JobIntake>()
        .AddHostedService(provider => provider.GetRequiredService<JobIntake>())
        .ConfigureMarten(options =>
        {
            options.Projections.LiveStreamAggregation<Job>();
            options.Projections.Snapshot<JobView>(SnapshotLifecycle.Inline);
            options.Schema.For<JobView>()
                .Duplicate(j => j.Owner)
                .Duplicate(j => j.Status)
                .Duplicate(j => j.WorkflowId)
                .Duplicate(j => j.CreatedAt)
                .Index(j => new { j.Owner, j.Id })
                .Index(j => new { j.Status, j.Id });
        });
}
