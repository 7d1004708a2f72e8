using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows;

/// <summary>What a workflow may be called and how it may be described.</summary>
internal static class WorkflowTexts
{
    public const string NameRule = "must have 1 to 200 characters";
    public const string DescriptionRule = "must have at most 4000 characters";

    public static bool IsName(string text) => text.Length is >= 1 and <= 200 && StorableJson.Fault(text) is null;

    public static bool IsDescription(string text) => text.Length <= 4000 && StorableJson.Fault(text) is null;
}
