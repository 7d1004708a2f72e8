using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ComfyUi.Client.Json;
using CsCheck;

namespace ComfyUi.Client.Tests;

public sealed class JsonSieveTests
{
    private static readonly Gen<string> Text = Gen.String[Gen.Char["ab\"\\/\n {}[]:,NaInfty-\u00e4\u2028"], 0, 12];

    private static readonly Gen<JsonNode?> Json = Gen.Recursive<JsonNode?>((depth, json) =>
    {
        var leaf = Gen.OneOf<JsonNode?>(
            Gen.Const((JsonNode?)null),
            Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)),
            Gen.Long.Select(n => (JsonNode?)JsonValue.Create(n)),
            Gen.Double[-1e6, 1e6].Select(n => (JsonNode?)JsonValue.Create(n)),
            Text.Select(t => (JsonNode?)JsonValue.Create(t)));
        return depth > 4
            ? leaf
            : Gen.OneOf(
                leaf,
                json.Array[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())])),
                Gen.Select(Text, json).Array[0, 4].Select(members => (JsonNode?)Object(members)));
    });

    [Theory]
    [InlineData("""NaN""", """null""")]
    [InlineData("""[NaN, Infinity,-Infinity , -1, "NaN"]""", """[null,null,null,-1,"NaN"]""")]
    [InlineData("""{"a":NaN,"b":-Infinity}""", """{"a":null,"b":null}""")]
    [InlineData("""{"\"NaN":"\\","x":" Infinity, \" NaN"}""", """{"\"NaN":"\\","x":" Infinity, \" NaN"}""")]
    [InlineData("""18446744073709551615""", """18446744073709551615""")]
    [InlineData("""[-1000.5, 7.0, 1e-7, true, false, null]""", """[-1000.5,7.0,1e-7,true,false,null]""")]
    public void Literals_of_Python_become_null_outside_strings_only(string json, string expected) => Sift(json, 1).ShouldBe(expected);

    [Theory]
    [InlineData(@"""\ud800""", @"""\ufffd""")]
    [InlineData(@"""\udc00""", @"""\ufffd""")]
    [InlineData(@"""a\ud800b""", @"""a\ufffdb""")]
    [InlineData(@"""\ud83d\ude00""", @"""\ud83d\ude00""")]
    [InlineData(@"""\ud800\ud83d\ude00""", @"""\ufffd\ud83d\ude00""")]
    [InlineData(@"""\ud800\n""", @"""\ufffd\n""")]
    [InlineData(@"""\ud800\u0041""", @"""\ufffd\u0041""")]
    [InlineData(@"""\\ud800""", @"""\\ud800""")]
    [InlineData(@"{""\uD800"":""\uDFFF\uD800""}", @"{""\ufffd"":""\ufffd\ufffd""}")]
    public void A_surrogate_without_its_partner_becomes_the_replacement_character(string json, string expected)
    {
        Sift(json, 1).ShouldBe(expected);
        Sift(json, 1000).ShouldBe(expected);
    }

    [Fact]
    public void Named_members_are_dropped_at_their_depth_only() =>
        Sift(
            """{"p": {"prompt": {"prompt": [1, "}"]}, "b": {"prompt": NaN}, "prompt2": 1}, "prompt": 2}""",
            1,
            SieveRule.Member(2, "prompt")).ShouldBe("""{"p":{"prompt":null,"b":{"prompt":null},"prompt2":1},"prompt":2}""");

    [Fact]
    public void Elements_are_dropped_from_an_index_on() =>
        Sift("""{"q": [[1, "a", {"x": [1, 2]}, "s", NaN, -1], [[9], 2]]}""", 1, SieveRule.Elements(3, 2))
            .ShouldBe("""{"q":[[1,"a",null,null,null,null],[[9],2]]}""");

    [Fact]
    public void One_element_is_dropped_and_those_around_it_are_not() =>
        Sift("""{"q": [[1, "a", {"x": [1, 2]}, {"y": [1, 2, 3, 4]}]]}""", 1, SieveRule.Element(3, 2))
            .ShouldBe("""{"q":[[1,"a",null,{"y":[1,2,3,4]}]]}""");

    [Fact]
    public void Any_JSON_in_any_chunks_keeps_its_meaning() =>
        Gen.Select(Json, Gen.Int[1, 40]).Sample((json, chunk) =>
            JsonNode.DeepEquals(JsonNode.Parse(Sift(json?.ToJsonString() ?? "null", chunk)), json));

    [Fact]
    public void An_answer_beyond_the_limit_is_refused()
    {
        var sieve = new JsonSieve([]);
        var chunk = new byte[1024 * 1024];
        chunk.AsSpan().Fill((byte)'x');
        sieve.Write("\""u8);

        Should.Throw<JsonException>(() =>
        {
            for (var written = 0; written <= JsonSieve.MaxKeptBytes; written += chunk.Length)
            {
                sieve.Write(chunk);
            }
        });
    }

    [Fact]
    public void What_is_dropped_of_a_frame_takes_no_room()
    {
        var frame = Encoding.UTF8.GetBytes($$"""{"kept": 1, "dropped": "{{new string('x', 8 * 1024 * 1024)}}"}""");
        var before = GC.GetAllocatedBytesForCurrentThread();

        using var document = JsonAnswer.Parse(frame, SieveRule.Member(1, "dropped"));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024 * 1024);
        document.RootElement.GetProperty("kept").GetInt32().ShouldBe(1);
        document.RootElement.GetProperty("dropped").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private static string Sift(string json, int chunk, params SieveRule[] rules)
    {
        var sieve = new JsonSieve(rules);
        foreach (var part in Encoding.UTF8.GetBytes(json).Chunk(chunk))
        {
            sieve.Write(part);
        }

        return Encoding.UTF8.GetString(sieve.Kept.Span);
    }

    private static JsonObject Object((string Key, JsonNode? Value)[] members)
    {
        var result = new JsonObject();
        foreach (var (key, value) in members)
        {
            result[key] = value?.DeepClone();
        }

        return result;
    }
}
