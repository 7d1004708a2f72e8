using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Workflows;

/// <summary>Templates, their versions and inputs.</summary>
public static class WorkflowsModule
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services) => services
        .AddSingleton<CurrentVersions>()
        .AddSingleton<WorkflowCatalog>()
        .AddSingleton<IWorkflowCatalog>(provider => provider.GetRequiredService<WorkflowCatalog>())
        .AddSingleton<IGraphNeeds, GraphNeeds>()
        .AddSingleton<WorkflowCheck>()
        .AddSingleton<WorkflowChange>()
        .AddSingleton<WorkflowTrial>()
        .AddTransient<BundledWorkflows>()
        .ConfigureMarten((provider, options) =>
        {
            options.Listeners.Add(provider.GetRequiredService<CurrentVersions>());
            options.Projections.Snapshot<Workflow>(SnapshotLifecycle.Inline);
            options.Schema.For<Workflow>().Index(w => w.WorkflowId);
        });
}
