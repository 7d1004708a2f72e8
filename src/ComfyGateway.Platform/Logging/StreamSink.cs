using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace ComfyGateway.Platform.Logging;

/// <summary>
/// Writes events to a stream, as a rule standard output. Who finds nobody writing writes; who finds somebody leaves the lines, which are taken
/// along, and goes on. Nothing is left once nobody writes. With Serilog's console sink all wait for each other, for two calls of the
/// system a line (docs/adr/0032).
/// </summary>
internal sealed class StreamSink(Stream output, ITextFormatter formatter) : ILogEventSink, IDisposable
{
    // Where more than this is left, whoever comes waits for the one that writes: a console that cannot keep up must not fill the memory.
    private const int MaxLeft = 1024 * 1024;
    private const int Piece = 32 * 1024;

    [ThreadStatic]
    private static StringWriter? _lines;

    private readonly StreamWriter _writer = new(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Piece);
    private readonly object _gate = new();
    private StringBuilder _left = new();
    private StringBuilder _taken = new();
    private bool _isWriting;

    public void Emit(LogEvent logEvent)
    {
        var lines = _lines ??= new StringWriter();
        var text = lines.GetStringBuilder();
        // Of an event whose form could not be made, nothing may stand before the next.
        text.Clear();
        formatter.Format(logEvent, lines);
        var writes = Leave(text);
        if (text.Capacity > Piece)
        {
            _lines = null;
        }

        if (writes)
        {
            Write();
        }
    }

    public void Dispose() => _writer.Dispose();

    /// <returns>True where nobody writes: the caller then must.</returns>
    private bool Leave(StringBuilder text)
    {
        lock (_gate)
        {
            while (_isWriting && _left.Length > MaxLeft)
            {
                Monitor.Wait(_gate);
            }

            _left.Append(text);
            (var writes, _isWriting) = (!_isWriting, true);
            return writes;
        }
    }

    private void Write()
    {
        try
        {
            while (Take())
            {
                foreach (var chunk in _taken.GetChunks())
                {
                    _writer.Write(chunk.Span);
                }

                _writer.Flush();
            }
        }
        catch
        {
            // What was taken is lost, which Serilog tells its own log. The next to come tries again.
            Stop();
            throw;
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            _taken.Clear();
            if (_left.Length == 0)
            {
                Stop();
                return false;
            }

            (_left, _taken) = (_taken, _left);
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _isWriting = false;
            Monitor.PulseAll(_gate);
        }
    }
}
