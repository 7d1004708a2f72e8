using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Workflows.Templates;

/// <summary>
/// A graph with tokens in its values. Rendering walks the tree of the template and puts values into places of that tree, so no
/// value can leave its place, and no value is looked at for tokens again. Names of members are never templates.
/// </summary>
internal sealed class Template(JsonElement graph)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public JsonElement Graph => graph;

    /// <summary>Each token once, in the order of the template; of a name that stands in several places, one with a fallback first.</summary>
    public IReadOnlyList<Token> Tokens { get; } = [.. TokensOf(graph).OrderBy(t => t.Fallback is null).DistinctBy(t => t.Name)];

    /// <summary>The graph as ComfyUI gets it, in UTF-8.</summary>
    /// <exception cref="ProblemException">A token is filled by nothing and has no fallback.</exception>
    public ReadOnlyMemory<byte> Render(IReadOnlyDictionary<string, JsonElement> values)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(writer, graph, values);
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, IReadOnlyDictionary<string, JsonElement> values)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, values);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item, values);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when element.GetString()!.Contains("{{", StringComparison.Ordinal):
                WriteText(writer, element.GetString()!, values);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static void WriteText(Utf8JsonWriter writer, string text, IReadOnlyDictionary<string, JsonElement> values)
    {
        if (TokenSyntax.Whole(text) is { } token)
        {
            Value(token, values).WriteTo(writer);
            return;
        }

        writer.WriteStringValue(TokenSyntax.Pattern().Replace(text, match =>
            match.Groups["name"].Success ? AsText(Value(Token.From(match), values)) : "{{"));
    }

    private static JsonElement Value(Token token, IReadOnlyDictionary<string, JsonElement> values) =>
        values.TryGetValue(token.Name, out var value) ? Chosen(token, value)
        : token.Fallback ?? throw ProblemException.Invalid($"inputs.{token.Name}", "is required: the workflow's placeholder of this name has no value");

    private static JsonElement Chosen(Token token, JsonElement value) => (token.Choice, value.ValueKind) switch
    {
        (null, _) => value,
        ({ } choice, JsonValueKind.True) => choice.Yes,
        ({ } choice, JsonValueKind.False) => choice.No,
        _ => throw ProblemException.Invalid($"inputs.{token.Name}", "must be true or false: the workflow chooses by it"),
    };

    private static string AsText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static IEnumerable<Token> TokensOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m => TokensOf(m.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(TokensOf),
        JsonValueKind.String => TokenSyntax.Pattern().Matches(element.GetString()!).Where(m => m.Groups["name"].Success).Select(Token.From),
        _ => [],
    };
}
