using System.Text.Json;

namespace ComfyUi.Client;

/// <summary>The body of POST /prompt, built field by field: some envelopes of a caller would end the server's worker or process.</summary>
internal static class PromptBody
{
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
        WriteGraph(json, request.Prompt.Span);
        if (request.Number is { } number)
        {
            json.WriteNumber("number", number);
        }

        if (request.Front)
        {
            json.WriteBoolean("front", true);
        }
    }

    private static void ThrowUnlessObject(ReadOnlySpan<byte> prompt)
    {
        if (!prompt.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            throw new ArgumentException("The prompt must be a JSON object in UTF-8 without byte order mark.");
        }
    }

    private static void WriteGraph(Utf8JsonWriter json, ReadOnlySpan<byte> prompt)
    {
        try
        {
            // Validated, so that no graph can close the object and add fields of its own.
            json.WriteRawValue(prompt);
        }
        catch (JsonException e)
        {
            throw new ArgumentException("The prompt is not valid JSON.", e);
        }
    }
}
