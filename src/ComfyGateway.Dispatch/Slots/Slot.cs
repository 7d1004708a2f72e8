namespace ComfyGateway.Dispatch.Slots;

/// <summary>A place where one job at a time runs: a backend and a number from 0.</summary>
internal sealed record Slot(string Backend, int Number)
{
    public override string ToString() => $"{Backend}/{Number}";
}
