using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ComfyGateway.Platform.Json;

/// <summary>
/// Holds JSON of a client's own making, the only part of a request that can be nested deeply, to the depth that a request may have. The
/// serializer's limit cannot, since it is one for requests and answers. And says where in it a member appears twice.
/// </summary>
internal sealed class RequestElementConverter : JsonConverter<JsonElement>
{
    private static readonly JsonConverter<JsonElement> Plain = JsonMetadataServices.JsonElementConverter;

    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (IsTooDeep(reader))
        {
            throw new JsonException($"The maximum configured depth of {ApiJson.MaxRequestDepth} has been exceeded.");
        }

        var start = reader;
        try
        {
            return Plain.Read(ref reader, typeToConvert, options);
        }
        catch (JsonException) when (DuplicateMemberException.Find(start) is { } duplicate)
        {
            throw duplicate;
        }
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => Plain.Write(writer, value, options);

    /// <param name="reader">A copy: whoever has the original reads the value afterwards.</param>
    private static bool IsTooDeep(Utf8JsonReader reader)
    {
        var outside = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= ApiJson.MaxRequestDepth)
            {
                return true;
            }
        }
        while ((reader.CurrentDepth > outside || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());

        return false;
    }
}
