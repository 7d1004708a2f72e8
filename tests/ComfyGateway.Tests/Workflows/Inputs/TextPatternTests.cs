using ComfyGateway.Workflows.Inputs;

namespace ComfyGateway.Tests.Workflows.Inputs;

public sealed class TextPatternTests
{
    [Theory]
    [InlineData("^[a-z]{2}$", "ab", "ab\n", "abc", "\nab")]
    [InlineData("^(a|b$)", "b", "b\n")]
    [InlineData(@"^\d+$", "09", "٣", "９")]
    [InlineData(@"^\D$", "a", "5")]
    [InlineData(@"^\w+$", "aZ_9", "ü", "文", "-")]
    [InlineData(@"^\W$", "ü", "a", "_", "0")]
    [InlineData(@"^\s$", "\ufeff", "\u0085", "a")]
    [InlineData(@"^\S$", "\u0085", "\ufeff", " ", "\n")]
    [InlineData("^.$", "\u0085", "\r", "\n", "\u2028")]
    [InlineData(@"^[\d]$", "5", "٣")]
    [InlineData(@"^[^\d]$", "٣", "5")]
    [InlineData(@"^[\D]$", "a", "5")]
    [InlineData(@"^[\w.]+$", "a_.", "ü")]
    [InlineData(@"^[\W]$", "-", "Z")]
    [InlineData(@"^[\s]$", "\t", "x")]
    [InlineData(@"^[^\S]$", " ", "x")]
    [InlineData(@"^[\w-.]+$", "a-.", "/", ",")]
    [InlineData(@"^[.-\w]+$", "a-.", "/")]
    [InlineData(@"^[\\d-f]+$", "def\\", "-", "5")]
    [InlineData("^[$.]$", "$", "a")]
    [InlineData(@"^\$\.$", "$.", "$a")]
    [InlineData("^[a-z-[aeiou]]$", "a]", "b", "a")]
    [InlineData("^[[]$", "[", "a")]
    [InlineData(@"^[\]]$", "]", "\\")]
    [InlineData(@"^\[.$", "[a", "a")]
    [InlineData("^[^]$", "\n", "")]
    [InlineData("^(a|[])$", "a", "]", "")]
    [InlineData(@"^\p{Lu}[\p{L}]$", "Üü", "ü1")]
    public void A_pattern_means_what_json_schema_says(string pattern, string matching, params string[] others)
    {
        var read = new TextPattern(pattern);

        read.IsMatch(matching).ShouldBeTrue();
        others.Where(read.IsMatch).ShouldBeEmpty();
        read.ToString().ShouldBe(pattern);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[^")]
    [InlineData("[a")]
    [InlineData(@"[\d")]
    [InlineData(@"[\")]
    [InlineData(@"a\")]
    [InlineData("(")]
    [InlineData("[z-a]")]
    public void What_is_none_is_refused(string pattern) => Should.Throw<ArgumentException>(() => new TextPattern(pattern));
}
