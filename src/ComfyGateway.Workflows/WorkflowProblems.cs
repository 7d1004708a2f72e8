using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Workflows;

internal static class WorkflowProblems
{
    private static readonly ProblemCode NotFoundCode = new("WORKFLOW_NOT_FOUND", 404, "Workflow not found");
    private static readonly ProblemCode ExistsCode = new("WORKFLOW_EXISTS", 409, "Workflow exists");
    private static readonly ProblemCode ConflictCode = new("WORKFLOW_CONFLICT", 412, "Workflow has changed");

    public static ProblemException NotFound(string workflowId) => new(NotFoundCode, $"There is no workflow \"{workflowId}\".");

    public static ProblemException Exists(string workflowId) =>
        new(ExistsCode, $"There is a workflow \"{workflowId}\" already. Send PUT /workflows/{workflowId} to make a new version of it.");

    public static ProblemException NoVersion(string workflowId, string version) =>
        new(NotFoundCode, $"The workflow \"{workflowId}\" has no version \"{version}\".");

    public static ProblemException Conflict(string workflowId, int version) =>
        new(ConflictCode, $"The workflow \"{workflowId}\" is at version {version}, which If-Match does not name. Read it again and apply the change to what it is now.");
}
