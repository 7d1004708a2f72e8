using System.Globalization;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>A place where one job at a time runs: a backend and a number from 0.</summary>
internal sealed record Slot(string Backend, int Number)
{
    public static Slot? Parse(string text) =>
        text.LastIndexOf('/') is > 0 and var at && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Slot(text[..at], number)
            : null;

    public override string ToString() => $"{Backend}/{Number}";
}
