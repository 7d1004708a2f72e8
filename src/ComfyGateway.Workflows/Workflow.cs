using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows;

/// <summary>A template and what fills it, as of one version. The version is that of its event stream, so it never goes back.</summary>
public sealed record Workflow(
    Guid Id, string WorkflowId, string Name, string? Description, JsonText WorkflowJson, JsonText? InputSchema,
    IReadOnlyDictionary<string, JsonElement> DefaultParams, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool IsDeleted = false)
{
    public int Version { get; set; }

    /// <summary>The stream of a workflow id. Streams are named by UUIDs, workflows by slugs: the hash of the one is the other.</summary>
    public static Guid StreamOf(string workflowId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes("workflow:" + workflowId), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    public static Workflow Create(WorkflowRegistered e) =>
        new(StreamOf(e.WorkflowId), e.WorkflowId, e.Name, e.Description, e.WorkflowJson, e.InputSchema, e.DefaultParams, e.At, e.At);

    public Workflow Apply(WorkflowRegistered e) => Create(e) with { Id = Id };

    public Workflow Apply(WorkflowUpdated e) => this with
    {
        Name = e.Name,
        Description = e.Description,
        WorkflowJson = e.WorkflowJson,
        InputSchema = e.InputSchema,
        DefaultParams = e.DefaultParams,
        UpdatedAt = e.At,
    };

    public Workflow Apply(WorkflowDeleted e) => this with { IsDeleted = true, UpdatedAt = e.At };
}
