using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Workflows;

internal static class WorkflowProblems
{
    private static readonly ProblemCode NotFoundCode = new("WORKFLOW_NOT_FOUND", 404, "Workflow not found");
    private static readonly ProblemCode ExistsCode = new("WORKFLOW_EXISTS", 409, "Workflow exists");

    public static ProblemException NotFound(string workflowId) => new(NotFoundCode, $"There is no workflow \"{workflowId}\".");

    public static ProblemException Exists(string workflowId) =>
        new(ExistsCode, $"There is a workflow \"{workflowId}\" already. Send PUT /workflows/{workflowId} to make a new version of it.");
}
