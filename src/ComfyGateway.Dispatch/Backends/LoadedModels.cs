namespace ComfyGateway.Dispatch.Backends;

/// <summary>What the prompts that ran last had a backend load.</summary>
/// <param name="Models">The names that the prompt gave; empty while none is known to have run.</param>
/// <param name="IsOurs">A prompt of this process needed them.</param>
internal sealed record LoadedModels(IReadOnlyList<string> Models, DateTimeOffset At, bool IsOurs)
{
    public static readonly LoadedModels None = new([], DateTimeOffset.MinValue, IsOurs: false);
}
