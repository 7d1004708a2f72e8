using System.Text.Json;

namespace ComfyUi.Client;

/// <summary>The body of POST /prompt, built field by field: some envelopes of a caller would end the server's worker or process.</summary>
internal static class PromptBody
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 512 };

    public static HttpContent Of(PromptRequest request)
    {
        ArgumentException.ThrowIfNullOrEmpty(request.PromptId);
        ArgumentException.ThrowIfNullOrEmpty(request.ClientId);
        ThrowUnlessObject(request.Prompt.Span);
        return JsonBody.Of(json => Write(json, request), request.Prompt.Length + 512);
    }

    private static void Write(Utf8JsonWriter json, PromptRequest request)
    {
        json.WriteString("prompt_id", request.PromptId);
        json.WriteString("client_id", request.ClientId);
        json.WritePropertyName("prompt");
        json.WriteRawValue(request.Prompt.Span, skipInputValidation: true);
        if (request.Number is { } number)
        {
            json.WriteNumber("number", number);
        }

        if (request.Front)
        {
            json.WriteBoolean("front", true);
        }
    }

    // So that no graph can close the object and add fields of its own.
    private static void ThrowUnlessObject(ReadOnlySpan<byte> prompt)
    {
        try
        {
            var reader = new Utf8JsonReader(prompt, Strict);
            var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read())
            {
            }

            if (isObject)
            {
                return;
            }
        }
        catch (JsonException e)
        {
            throw new ArgumentException("The prompt is not valid JSON in UTF-8 without byte order mark.", e);
        }

        throw new ArgumentException("The prompt must be a JSON object.");
    }
}
