using System.Globalization;

namespace ComfyUi.Client.Json;

/// <summary>Collects \uXXXX escapes and replaces a surrogate without its partner by \ufffd, which a .NET string can hold.</summary>
internal sealed class SurrogateRepair
{
    private readonly byte[] _digits = new byte[4];
    private readonly byte[] _pair = [(byte)'\\', (byte)'u', 0, 0, 0, 0, (byte)'\\', (byte)'u', 0, 0, 0, 0];
    private int _count;
    private bool _hasHigh;

    /// <summary>Takes a hex digit; true after the fourth, with the bytes that are certain by now.</summary>
    public bool Digit(byte b, out ReadOnlySpan<byte> certain)
    {
        certain = [];
        _digits[_count++] = b;
        if (_count < 4)
        {
            return false;
        }

        _count = 0;
        certain = Complete();
        return true;
    }

    /// <summary>What must be written before anything that is not the second half of a pair.</summary>
    public ReadOnlySpan<byte> Flush()
    {
        if (!_hasHigh)
        {
            return [];
        }

        _hasHigh = false;
        return @"\ufffd"u8;
    }

    private ReadOnlySpan<byte> Complete()
    {
        var isHex = ushort.TryParse(_digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit);
        if (isHex && char.IsHighSurrogate((char)unit))
        {
            var lone = Flush();
            _digits.CopyTo(_pair, 2);
            _hasHigh = true;
            return lone;
        }

        if (isHex && char.IsLowSurrogate((char)unit))
        {
            var paired = _hasHigh;
            _hasHigh = false;
            _digits.CopyTo(_pair, 8);
            return paired ? _pair : @"\ufffd"u8;
        }

        var hadHigh = _hasHigh;
        _hasHigh = false;
        _digits.CopyTo(_pair, 8);
        return hadHigh ? (byte[])[.. @"\ufffd"u8, .. _pair.AsSpan(6)] : _pair.AsSpan(6);
    }
}
