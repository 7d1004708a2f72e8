namespace ComfyGateway.Workflows;

/// <summary>Finds what somebody probably meant.</summary>
internal static class Nearest
{
    // Comparing costs the product of the lengths, and the name is a client's.
    private const int LongestName = 64;

    /// <summary><c>; did you mean "steps"?</c>, or nothing where no name is near.</summary>
    public static string Hint(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
        {
            return "";
        }

        var (nearest, distance) = known.Select(k => (Name: k, Distance: Distance(name, k))).DefaultIfEmpty(("", int.MaxValue)).MinBy(c => c.Item2);
        return distance <= Math.Max(2, name.Length / 3) ? $"; did you mean \"{nearest}\"?" : "";
    }

    /// <summary>Levenshtein's distance, without regard to case.</summary>
    internal static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
