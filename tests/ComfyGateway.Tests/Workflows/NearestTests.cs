using ComfyGateway.Workflows;

namespace ComfyGateway.Tests.Workflows;

public sealed class NearestTests
{
    private static readonly string[] Known = ["prompt", "negative_prompt", "steps", "cfg", "batch_size"];

    [Theory]
    [InlineData("promt", "prompt")]
    [InlineData("PROMPT", "prompt")]
    [InlineData("step", "steps")]
    [InlineData("stesp", "steps")]
    [InlineData("negativePrompt", "negative_prompt")]
    [InlineData("negatve_promt", "negative_prompt")]
    [InlineData("batchsize", "batch_size")]
    [InlineData("batch-size", "batch_size")]
    public void A_name_that_is_near_is_hinted_at(string name, string meant) =>
        Nearest.Hint(name, Known).ShouldBe($"; did you mean \"{meant}\"?");

    [Theory]
    [InlineData("guidance")]
    [InlineData("")]
    [InlineData("model_name_of_another_kind")]
    public void A_name_that_is_far_from_all_is_not_guessed_at(string name) => Nearest.Hint(name, Known).ShouldBeEmpty();

    [Fact]
    public void A_very_long_name_is_not_compared() => Nearest.Hint(new string('a', 65), [new string('a', 65)]).ShouldBeEmpty();

    [Fact]
    public void Where_nothing_is_known_nothing_is_near() => Nearest.Hint("steps", []).ShouldBeEmpty();

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "ABC", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("flaw", "lawn", 2)]
    public void The_distance_is_levenshteins_without_case(string left, string right, int distance) =>
        Nearest.Distance(left, right).ShouldBe(distance);
}
