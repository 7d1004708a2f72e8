using System.Globalization;
using System.Numerics;

namespace ComfyUi.Simulator.Python;

internal sealed partial class PyJsonReader
{
    private object ReadNumber()
    {
        var start = _at;
        _at += Peek() == '-' ? 1 : 0;
        var digits = TakeDigits();
        if (digits == 0 || (digits > 1 && text[_at - digits] == '0'))
        {
            throw Malformed("Expecting value");
        }

        var isFloat = TakeFraction() | TakeExponent();
        var token = text.AsSpan(start, _at - start);
        return isFloat
            ? double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture)
            : BigInteger.Parse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private bool TakeFraction()
    {
        if (Peek() != '.' || _at + 1 >= text.Length || !char.IsAsciiDigit(text[_at + 1]))
        {
            return false;
        }

        _at++;
        TakeDigits();
        return true;
    }

    private bool TakeExponent()
    {
        var start = _at;
        if (Peek() is not ('e' or 'E'))
        {
            return false;
        }

        _at++;
        _at += Peek() is '+' or '-' ? 1 : 0;
        if (TakeDigits() > 0)
        {
            return true;
        }

        _at = start;
        return false;
    }

    private int TakeDigits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }

        return _at - start;
    }
}
