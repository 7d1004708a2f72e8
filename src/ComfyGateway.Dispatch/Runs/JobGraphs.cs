using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Makes the graph that ComfyUI gets, and sees that the files that it names are there.</summary>
internal sealed partial class JobGraphs(IWorkflowCatalog workflows, InputDelivery delivery, ILogger<JobGraphs> logger)
{
    public async Task BringFiles(Backend backend, Job job, CancellationToken ct)
    {
        try
        {
            await delivery.Bring(backend, job, ct);
        }
        catch (Exception exception) when (exception is ComfyUiException or IOException)
        {
            // The backend may be away, and the job go to another; if it is not, it will say what it misses, and that is then brought.
            LogNotBrought(logger, backend.Id, job.Id, exception.Message);
        }
    }

    public async Task<JobGraph> Render(Job job, CancellationToken ct)
    {
        var inputs = job.Files.Count == 0 ? job.Inputs : job.Inputs.With(job.Files.Select(f => KeyValuePair.Create(f.Key, f.Value.Name)));
        return JobGraph.From(job.WorkflowId is { } workflowId
            ? await workflows.Render(workflowId, job.WorkflowVersion, inputs, ct)
            : workflows.RenderInline(job.InlineWorkflow!.Parse(), inputs));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} did not take the inputs of job {JobId}: {Reason}")]
    private static partial void LogNotBrought(ILogger logger, string backend, Guid jobId, string reason);
}
