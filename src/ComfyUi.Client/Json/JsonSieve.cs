using System.Buffers;
using System.Text.Json;

namespace ComfyUi.Client.Json;

/// <summary>
/// Turns what Python writes into JSON that System.Text.Json reads, chunk by chunk: NaN and Infinity become null, lone surrogate
/// escapes become U+FFFD, and values named by rules become null, so that a 50 MB prompt inside an answer is never held.
/// It does not validate; what it lets through is parsed afterwards.
/// </summary>
/// <param name="expectedBytes">About how much will be kept: frames are many and small.</param>
internal sealed partial class JsonSieve(SieveRule[] rules, int expectedBytes = JsonSieve.UsualBytes)
{
    /// <summary>As much as most answers come to, after the dropped values, in bytes.</summary>
    public const int UsualBytes = 4096;

    /// <summary>Largest answer kept, after the dropped values, in bytes.</summary>
    public const int MaxKeptBytes = 64 * 1024 * 1024;

    private static readonly SearchValues<byte> WordEnds = SearchValues.Create(",]}: \t\r\n\""u8);

    private enum State { Structure, Text, Escape, Hex, Minus, Word, DroppedWord }

    private readonly ArrayBufferWriter<byte> _kept = new(expectedBytes);
    private readonly SievePath _path = new(rules);
    private State _state;
    private int _dropDepth = -1;
    private bool _dropNext;

    public ReadOnlyMemory<byte> Kept => _kept.WrittenMemory;

    public void Write(ReadOnlySpan<byte> chunk)
    {
        while (!chunk.IsEmpty)
        {
            chunk = chunk[Take(chunk)..];
        }
    }

    private int Take(ReadOnlySpan<byte> chunk) => _state switch
    {
        State.Text => Text(chunk),
        State.Escape => Escape(chunk[0]),
        State.Hex => Hex(chunk[0]),
        State.Minus => Minus(chunk[0]),
        State.Word or State.DroppedWord => Word(chunk),
        _ => Structure(chunk[0]),
    };

    private int Structure(byte b)
    {
        switch (b)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                break;
            case (byte)'"':
                OpenText();
                break;
            case (byte)'{' or (byte)'[':
                OpenContainer(b);
                break;
            case (byte)'}' or (byte)']':
                CloseContainer(b);
                break;
            case (byte)',':
                Keep([b]);
                _path.Comma();
                break;
            case (byte)':':
                Keep([b]);
                break;
            default:
                OpenWord(b);
                break;
        }

        return 1;
    }

    private void OpenValue()
    {
        if (_dropDepth >= 0)
        {
            return;
        }

        var drop = _dropNext || _path.IsDroppedElement();
        _dropNext = false;
        if (drop)
        {
            Keep("null"u8);
            _dropDepth = _path.Depth;
        }
    }

    private void OpenContainer(byte b)
    {
        OpenValue();
        Keep([b]);
        _path.Open(b == (byte)'{');
    }

    private void CloseContainer(byte b)
    {
        Keep([b]);
        _path.Close();
        CloseValue();
    }

    private void CloseValue()
    {
        if (_dropDepth == _path.Depth)
        {
            _dropDepth = -1;
        }
    }

    private void OpenWord(byte b)
    {
        OpenValue();
        _state = b switch { (byte)'-' => State.Minus, (byte)'N' or (byte)'I' => State.DroppedWord, _ => State.Word };
        if (_state != State.Minus)
        {
            Keep(_state == State.Word ? [b] : "null"u8);
        }
    }

    private int Minus(byte b)
    {
        _state = b == (byte)'I' ? State.DroppedWord : State.Word;
        Keep(_state == State.Word ? "-"u8 : "null"u8);
        return 0;
    }

    private int Word(ReadOnlySpan<byte> chunk)
    {
        var end = chunk.IndexOfAny(WordEnds);
        var word = end < 0 ? chunk : chunk[..end];
        if (_state == State.Word)
        {
            Keep(word);
        }

        if (end >= 0)
        {
            _state = State.Structure;
            CloseValue();
        }

        return word.Length;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_dropDepth >= 0 || bytes.IsEmpty)
        {
            return;
        }

        if (_kept.WrittenCount + bytes.Length > MaxKeptBytes)
        {
            throw new JsonException($"The answer is larger than {MaxKeptBytes} bytes.");
        }

        _kept.Write(bytes);
    }
}
