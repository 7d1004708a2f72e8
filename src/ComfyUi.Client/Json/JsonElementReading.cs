using System.Globalization;
using System.Text.Json;

namespace ComfyUi.Client.Json;

/// <summary>Reads that answer null or nothing where ComfyUI, a newer version or a custom node sent another shape.</summary>
internal static class JsonElementReading
{
    extension(JsonElement element)
    {
        public JsonElement? Member(string name) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

        public JsonElement? Element(int index) =>
            element.ValueKind == JsonValueKind.Array && index < element.GetArrayLength() ? element[index] : null;

        public string? Text(string name) => element.Member(name)?.AsText();

        public string? AsText() => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

        /// <summary>Text or a number: ids are strings, but Python code that makes them is not always strict.</summary>
        public string? AsId() => element.ValueKind == JsonValueKind.Number ? element.GetRawText() : element.AsText();

        public double? AsNumber() => element.ValueKind switch
        {
            JsonValueKind.Number => element.GetDouble(),
            JsonValueKind.String when double.TryParse(element.GetString(), CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };

        public long? Integer(string name) =>
            element.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

        public decimal? Decimal(string name) =>
            element.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value) ? value : null;

        public bool Flag(string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

        public IEnumerable<JsonElement> Items() =>
            element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

        public IEnumerable<JsonProperty> Members() =>
            element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : [];

        public IReadOnlyList<string> Texts() => [.. element.Items().Select(i => i.AsId()).OfType<string>()];

        /// <summary>A moment in milliseconds since 1970, as in the messages of an execution.</summary>
        public DateTimeOffset? Moment(string name) =>
            element.Member(name)?.AsNumber() is { } ms and >= 0 and < 253_402_300_799_000
                ? DateTimeOffset.FromUnixTimeMilliseconds((long)ms)
                : null;
    }

    extension(JsonElement? element)
    {
        public IEnumerable<JsonElement> Items() => element?.Items() ?? [];

        public IEnumerable<JsonProperty> Members() => element?.Members() ?? [];

        public IReadOnlyList<string> Texts() => element?.Texts() ?? [];
    }
}
