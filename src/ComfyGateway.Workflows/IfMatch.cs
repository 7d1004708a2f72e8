using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Workflows;

/// <summary>The precondition of a change: that the workflow still has the version that the caller saw.</summary>
/// <param name="Header">As it was sent; empty where it was not.</param>
internal readonly record struct IfMatch(StringValues Header)
{
    /// <summary>Compared strongly, as RFC 9110 has it: a weak tag matches nothing, and neither does what is no tag.</summary>
    public bool Allows(int version)
    {
        if (Header.Count == 0)
        {
            return true;
        }

        var current = $"\"{version}\"";
        return EntityTagHeaderValue.TryParseStrictList([.. Header.OfType<string>()], out var tags)
            && tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || (!t.IsWeak && t.Tag == current));
    }
}
