using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ComfyUi.Client;

/// <summary>Request bodies written with a <see cref="Utf8JsonWriter"/>.</summary>
internal static class JsonBody
{
    public static HttpContent Of(Action<Utf8JsonWriter> write, int sizeHint = 256)
    {
        var buffer = new ArrayBufferWriter<byte>(sizeHint);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return new ReadOnlyMemoryContent(buffer.WrittenMemory)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
    }

    public static HttpContent OfIds(string name, IReadOnlyCollection<string> ids) =>
        Of(json =>
        {
            json.WriteStartArray(name);
            foreach (var id in ids)
            {
                json.WriteStringValue(id);
            }

            json.WriteEndArray();
        });
}
