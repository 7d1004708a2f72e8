using System.Globalization;

namespace ComfyUi.Simulator;

/// <summary>What happened to prompts, a line each: time, step and prompt id. A line is with the operating system before the step goes on.</summary>
internal sealed class PromptJournal : IDisposable
{
    private readonly StreamWriter _lines;

    private PromptJournal(string path) =>
        _lines = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };

    public static PromptJournal? Open(string? path) => path is null ? null : new PromptJournal(path);

    /// <summary>Not for two callers at once. Nothing is written any more once it is closed.</summary>
    public void Write(DateTimeOffset at, string step, string promptId)
    {
        if (_lines.BaseStream.CanWrite)
        {
            _lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at:O} {step} {promptId}"));
        }
    }

    public void Dispose() => _lines.Dispose();
}
