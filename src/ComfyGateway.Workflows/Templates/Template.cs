using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Workflows.Templates;

/// <summary>
/// A graph with tokens in its values. It is read once: what stands between the tokens is kept as it will be written. Rendering puts values into
/// places of that tree, so no value can leave its place, and no value is looked at for tokens again. Names of members are never templates.
/// </summary>
internal sealed class Template
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Stands in a place until a value does.
    private static ReadOnlySpan<byte> Vacant => "null"u8;

    private readonly List<Place> _places = [];
    private readonly ReadOnlyMemory<byte> _written;

    public Template(JsonElement graph)
    {
        Graph = graph;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        Write(writer, graph, []);
        writer.Flush();
        _written = buffer.WrittenMemory;
        Tokens = [.. _places.SelectMany(p => p.Parts).Select(p => p.Token).OfType<Token>().OrderBy(t => t.Fallback is null).DistinctBy(t => t.Name)];
    }

    public JsonElement Graph { get; }

    /// <summary>Each token once, in the order of the template; of a name that stands in several places, one with a fallback first.</summary>
    public IReadOnlyList<Token> Tokens { get; }

    /// <summary>What has tokens in it, in the order of the template.</summary>
    public IReadOnlyList<Place> Places => _places;

    /// <summary>The graph as ComfyUI gets it, in UTF-8.</summary>
    /// <exception cref="ProblemException">A token is filled by nothing and has no fallback.</exception>
    public ReadOnlyMemory<byte> Render(IReadOnlyDictionary<string, JsonElement> values)
    {
        var buffer = new ArrayBufferWriter<byte>(_written.Length + 1024);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        var from = 0;
        foreach (var place in _places)
        {
            buffer.Write(_written.Span[from..place.At]);
            from = place.At + Vacant.Length;
            writer.Reset();
            Fill(writer, place, values);
            writer.Flush();
        }

        buffer.Write(_written.Span[from..]);
        return buffer.WrittenMemory;
    }

    /// <summary>What stands in a place: a token alone has the type of its value; among other text it is a text.</summary>
    /// <exception cref="ProblemException">A token is filled by nothing and has no fallback.</exception>
    public static (JsonElement Value, string? Text) ValueOf(Place place, IReadOnlyDictionary<string, JsonElement> values) => place.Parts is [{ Token: { } alone }]
        ? (Value(alone, values), null)
        : (default, string.Concat(place.Parts.Select(p => p.Token is { } token ? AsText(Value(token, values)) : p.Text)));

    /// <summary>The values that would nest the graph deeper than JSON may be. They fit the request that brought them, and may not fit their place.</summary>
    public IReadOnlyCollection<(string Path, string Message)> DepthProblems(IReadOnlyDictionary<string, JsonElement> values) =>
    [
        .. from place in _places
           where place.Parts is [{ Token.Choice: null }]
           let name = place.Parts[0].Token!.Name
           where values.TryGetValue(name, out var value) && place.Depth + LevelsOf(value) > ApiJson.MaxRequestDepth
           select ($"inputs.{name}", $"nests the graph deeper than {ApiJson.MaxRequestDepth} levels"),
    ];

    private static int LevelsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => 1 + value.EnumerateObject().Select(m => LevelsOf(m.Value)).DefaultIfEmpty().Max(),
        JsonValueKind.Array => 1 + value.EnumerateArray().Select(LevelsOf).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private void Write(Utf8JsonWriter writer, JsonElement element, ImmutableArray<string> path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, path.Add(member.Name));
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item, path.Add(""));
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when element.GetString()!.Contains("{{", StringComparison.Ordinal):
                writer.WriteRawValue(Vacant);
                var end = writer.BytesCommitted + writer.BytesPending;
                _places.Add(new Place((int)end - Vacant.Length, path.Length, path is [_, "inputs", var input] ? input : null, [.. PartsOf(element.GetString()!)]));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static void Fill(Utf8JsonWriter writer, Place place, IReadOnlyDictionary<string, JsonElement> values)
    {
        var (value, text) = ValueOf(place, values);
        if (text is null)
        {
            value.WriteTo(writer);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    private static IEnumerable<Part> PartsOf(string text)
    {
        var from = 0;
        foreach (Match match in TokenSyntax.Pattern().Matches(text))
        {
            if (match.Index > from)
            {
                yield return new Part(text[from..match.Index], null);
            }

            from = match.Index + match.Length;
            yield return match.Groups["name"].Success ? new Part("", Token.From(match)) : new Part("{{", null);
        }

        if (from < text.Length)
        {
            yield return new Part(text[from..], null);
        }
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
}

/// <summary>Where a value goes.</summary>
/// <param name="At">The byte of the written template that it begins at.</param>
/// <param name="Depth">How many objects and arrays it is in.</param>
/// <param name="Input">The input of a node that this is all of, or null where it is less, more or something else.</param>
internal sealed record Place(int At, int Depth, string? Input, Part[] Parts);

/// <summary>A token, or the text between two.</summary>
internal sealed record Part(string Text, Token? Token);
