namespace ComfyUi.Client.Json;

/// <content>Strings and their escapes.</content>
internal sealed partial class JsonSieve
{
    private readonly SurrogateRepair _escapes = new();
    private int _keyStart = -1;

    private void OpenText()
    {
        if (_path.ExpectsKey && _dropDepth < 0)
        {
            _keyStart = _kept.WrittenCount + 1;
        }
        else
        {
            OpenValue();
        }

        Keep("\""u8);
        _state = State.Text;
    }

    private int Text(ReadOnlySpan<byte> chunk)
    {
        var end = chunk.IndexOfAny((byte)'"', (byte)'\\');
        var run = end < 0 ? chunk : chunk[..end];
        if (!run.IsEmpty)
        {
            Keep(_escapes.Flush());
            Keep(run);
        }

        if (end < 0)
        {
            return run.Length;
        }

        if (chunk[end] == (byte)'\\')
        {
            _state = State.Escape;
        }
        else
        {
            CloseText();
        }

        return end + 1;
    }

    private void CloseText()
    {
        Keep(_escapes.Flush());
        if (_keyStart >= 0)
        {
            _dropNext = _path.CloseKey(_kept.WrittenSpan[_keyStart..]);
            _keyStart = -1;
        }

        Keep("\""u8);
        _state = State.Structure;
        CloseValue();
    }

    private int Escape(byte b)
    {
        if (b == (byte)'u')
        {
            _state = State.Hex;
            return 1;
        }

        Keep(_escapes.Flush());
        Keep([(byte)'\\', b]);
        _state = State.Text;
        return 1;
    }

    private int Hex(byte b)
    {
        if (_escapes.Digit(b, out var complete))
        {
            Keep(complete);
            _state = State.Text;
        }

        return 1;
    }
}
