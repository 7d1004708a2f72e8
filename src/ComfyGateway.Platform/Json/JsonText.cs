using System.Text.Json;
using System.Text.Json.Serialization;

namespace ComfyGateway.Platform.Json;

/// <summary>
/// A JSON document kept as the text it was given as. As jsonb it would come back with its members in another order and its
/// numbers rewritten; what an author registered is shown back as it was. In an API answer it is JSON, in the store a string.
/// </summary>
[JsonConverter(typeof(StoredConverter))]
public sealed record JsonText(string Text)
{
    public static JsonText From(JsonElement element) => new(element.GetRawText());

    public JsonElement Parse() => JsonElement.Parse(Text);

    private sealed class StoredConverter : JsonConverter<JsonText>
    {
        public override JsonText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, JsonText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
