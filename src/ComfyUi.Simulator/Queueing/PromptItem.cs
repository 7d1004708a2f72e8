using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Queueing;

/// <summary>A queued prompt: the five-element tuple of ComfyUI.</summary>
internal sealed record PromptItem(object Number, string Id, PyDict Prompt, object? ExtraData, PyList Outputs)
{
    private static readonly string[] Sensitive = ["auth_token_comfy_org", "api_key_comfy_org"];

    public PyList AsTuple() => [Number, Id, Prompt, ExtraData, Outputs];

    public PyList AsHistoryTuple() => [Number, Id, Prompt, ExtraData is PyDict extra ? Without(extra, Sensitive) : ExtraData, Outputs];

    private static PyDict Without(PyDict map, string[] keys) => new(map.Where(p => !keys.Contains(p.Key)));
}
