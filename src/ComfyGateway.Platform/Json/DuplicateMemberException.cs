using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.Platform.Json;

/// <summary>A member twice within a value of a client's own making. The serializer's path ends at the value; this has the rest.</summary>
internal sealed class DuplicateMemberException(string below) : JsonException("A member appears more than once.")
{
    /// <summary>The place within the value, <c>.a[1].b</c>.</summary>
    public string Below => below;

    /// <summary>The first member that appears twice in the value that <paramref name="reader"/> is at, or null.</summary>
    public static DuplicateMemberException? Find(Utf8JsonReader reader) => PathOf(ref reader) is { } path ? new DuplicateMemberException(path) : null;

    private static string? PathOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => PathInObject(ref reader),
        JsonTokenType.StartArray => PathInArray(ref reader),
        _ => null,
    };

    private static string? PathInObject(ref Utf8JsonReader reader)
    {
        var names = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(reader);
            if (!names.Add(name))
            {
                return $".{name}";
            }

            reader.Read();
            if (PathOf(ref reader) is { } path)
            {
                return $".{name}{path}";
            }
        }

        return null;
    }

    private static string? PathInArray(ref Utf8JsonReader reader)
    {
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (PathOf(ref reader) is { } path)
            {
                return $"[{i}]{path}";
            }
        }

        return null;
    }

    private static string NameOf(Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no .NET string; as it is written it can still be told.
            return Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        }
    }
}
