using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows;

/// <summary>What a workflow may be called and how it may be described.</summary>
internal static class WorkflowTexts
{
    /// <summary>What is wrong with a name, or null.</summary>
    public static string? NameProblem(string text) =>
        StorableJson.Fault(text) ?? (text.Length is >= 1 and <= 200 ? null : "must have 1 to 200 characters");

    /// <summary>What is wrong with a description, or null.</summary>
    public static string? DescriptionProblem(string text) =>
        StorableJson.Fault(text) ?? (text.Length <= 4000 ? null : "must have at most 4000 characters");
}
