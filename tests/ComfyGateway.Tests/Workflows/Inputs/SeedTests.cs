using System.Text.Json;
using ComfyGateway.Workflows.Inputs;
using CsCheck;

namespace ComfyGateway.Tests.Workflows.Inputs;

public sealed class SeedTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"seed": -1}""")]
    [InlineData("""{"seed": -1.0}""")]
    public void A_seed_that_is_absent_or_minus_one_is_drawn(string inputs)
    {
        var (seed, again) = (Resolve("integer", 0, ulong.MaxValue, inputs), Resolve("integer", 0, ulong.MaxValue, inputs));

        seed.GetUInt64().ShouldNotBe(again.GetUInt64());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("42")]
    [InlineData("18446744073709551615")]
    public void A_seed_that_is_given_stays(string seed) =>
        Resolve("integer", 0, ulong.MaxValue, $$$"""{"seed": {{{seed}}}}""").GetRawText().ShouldBe(seed);

    [Fact]
    public void Minus_one_is_accepted_whatever_the_least_is() =>
        Resolve("integer", 5, 6, """{"seed": -1}""").GetUInt64().ShouldBeInRange(5UL, 6UL);

    [Theory]
    [InlineData("""{"type": "integer", "minimum": 98, "exclusiveMaximum": 100}""", 98, 99)]
    [InlineData("""{"type": "integer", "exclusiveMinimum": 97, "maximum": 99}""", 98, 99)]
    [InlineData("""{"type": "integer", "exclusiveMaximum": 1}""", 0, 0)]
    [InlineData("""{"type": "number", "minimum": 0.5, "exclusiveMaximum": 1.5}""", 1, 1)]
    public void A_bound_that_is_not_included_is_not_drawn(string field, ulong least, ulong most)
    {
        var resolution = new InputResolution(InputSchema.Parse(Json.Of($$"""{"properties": {"seed": {{field}} } }""")));

        var values = resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members("{}"));

        resolution.Problems.ShouldBeEmpty();
        values["seed"].GetUInt64().ShouldBeInRange(least, most);
    }

    [Fact]
    public void A_number_field_named_seed_is_drawn_too() => Resolve("number", 3, 3, "{}").GetUInt64().ShouldBe(3UL);

    [Fact]
    public void A_text_field_named_seed_is_left_alone()
    {
        var schema = InputSchema.Parse(Json.Of("""{"fields": {"seed": {"type": "string"}}}"""));
        var resolution = new InputResolution(schema);

        resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members("{}")).ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_seed_field_none_is_drawn() =>
        new InputResolution(InputSchema.Parse(Json.Of("""{"fields": {}}"""))).Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members("{}")).ShouldBeEmpty();

    [Fact]
    public void A_drawn_seed_is_within_the_bounds_of_its_field() =>
        Gen.Select(Gen.ULong, Gen.ULong).Sample((a, b) =>
        {
            var (min, max) = (Math.Min(a, b), Math.Max(a, b));
            var seed = Resolve("integer", min, max, "{}").GetUInt64();
            return seed >= min && seed <= max;
        }, iter: 5_000);

    private static JsonElement Resolve(string type, ulong min, ulong max, string inputs)
    {
        var schema = InputSchema.Parse(Json.Of($$$"""{"fields": {"seed": {"type": "{{{type}}}", "min": {{{min}}}, "max": {{{max}}} } } }"""));
        var resolution = new InputResolution(schema);
        var values = resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members(inputs));
        resolution.Problems.ShouldBeEmpty();
        return values["seed"];
    }
}
