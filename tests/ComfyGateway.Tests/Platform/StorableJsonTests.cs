using System.Text;
using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Tests.Platform;

public sealed class StorableJsonTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("""{"a": ["🦊", "\ud83e\udd8a", "\u0001\u001f\u007f", 1e308, -1e308, 18446744073709551615, 1e-999, true]}""")]
    [InlineData("[1e-1074, 0E+0001074, 5e-324, -0.0, 0.10e-5]")]
    [InlineData("""{"": {"\u00e9": "\\u0000"}}""")]
    public void What_can_be_kept_passes(string json) => StorableJson.Problems(Json.Of(json), "x").ShouldBeEmpty();

    [Theory]
    [InlineData("\"\\u0000\"", "x")]
    [InlineData("\"a\\u0000b\"", "x")]
    [InlineData("\"\\ud83e\"", "x")]
    [InlineData("\"\\udd8a\"", "x")]
    [InlineData("\"\\udd8a\\ud83e\"", "x")]
    [InlineData("\"\\ud83e\\ud83e\\udd8a\"", "x")]
    [InlineData("1e309", "x")]
    [InlineData("-1e309", "x")]
    [InlineData("1e-1075", "x")]
    [InlineData("1.5e-1074", "x")]
    [InlineData("0e-16384", "x")]
    [InlineData("0e99999999999", "x")]
    [InlineData("1e-99999999999", "x")]
    [InlineData("""{"a": "\u0000"}""", "x.a")]
    [InlineData("""{"a": [1, {"b": "\u0000"}]}""", "x.a[1].b")]
    [InlineData("""{"a\u0000": 1}""", "x")]
    [InlineData("""{"\ud800": 1}""", "x")]
    public void What_cannot_be_kept_is_named_by_its_path(string json, string path) =>
        StorableJson.Problems(Json.Of(json), "x").ShouldHaveSingleItem().Path.ShouldBe(path);

    [Theory]
    [InlineData("\"\\ud800\"", "must not contain half a surrogate pair")]
    [InlineData("\"\\u0000\"", "must not contain the character U+0000")]
    [InlineData("\"\u00ff\"", "is not valid UTF-8")]
    [InlineData("{\"\u00ff\": 1}", "has a member whose name is not valid UTF-8")]
    public void The_fault_is_called_by_its_name(string json, string message) =>
        StorableJson.Problems(Json.Of(Encoding.Latin1.GetBytes(json)), "x").ShouldHaveSingleItem().Message.ShouldBe(message);

    [Fact]
    public void Every_fault_is_told() =>
        StorableJson.Problems(Json.Of("""{"\ud800": {"a": "\ud800"}, "b": ["\u0000", 1e999]}"""), "x").Select(p => p.Path)
            .ShouldBe(["x", "x.?.a", "x.b[0]", "x.b[1]"]);

    [Fact]
    public void A_text_of_net_is_looked_at_likewise()
    {
        StorableJson.Fault("🦊 fine").ShouldBeNull();
        StorableJson.Fault("a\0b").ShouldNotBeNull();
        StorableJson.Fault("a\ud83e").ShouldNotBeNull();
        StorableJson.Fault("\udd8aa").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"b":1,"a":2,"n":1.50,"s":"\u00e9"}""")]
    [InlineData("[ 1 , 2 ]")]
    public void Json_that_is_kept_as_text_comes_back_letter_by_letter(string json)
    {
        var stored = JsonSerializer.Serialize(JsonText.From(Json.Of(json)));

        JsonSerializer.Deserialize<JsonText>(stored)!.Parse().GetRawText().ShouldBe(json);
    }
}
