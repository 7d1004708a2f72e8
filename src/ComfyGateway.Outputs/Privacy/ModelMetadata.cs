using System.Buffers.Binary;
using System.Text.Json;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// Models and latents, which begin with JSON: glTF has the prompt in <c>extras</c>, safetensors in <c>__metadata__</c>. In their place comes an empty object and
/// room.
/// </summary>
internal static class ModelMetadata
{
    // What is larger is no description of a model.
    private const int LargestJson = 64 * 1024 * 1024;

    public static Task Erase(Stream file, byte[] head, CancellationToken ct)
    {
        const int glbHead = 20;
        const int safetensorsHead = 8;
        if (head.Length > glbHead && head.AsSpan().StartsWith("glTF"u8) && head.AsSpan(16, 4).SequenceEqual("JSON"u8))
        {
            return Erase(file, glbHead, BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(12)), "extras", ct);
        }

        return head.Length > safetensorsHead && head[safetensorsHead] == '{'
            ? Erase(file, safetensorsHead, BinaryPrimitives.ReadUInt64LittleEndian(head), "__metadata__", ct)
            : Task.CompletedTask;
    }

    private static async Task Erase(Stream file, long at, ulong length, string member, CancellationToken ct)
    {
        if (length > LargestJson || at + (long)length > file.Length)
        {
            return;
        }

        var json = await file.Part(at, (int)length, ct);
        if (EmptyMembers(json, member))
        {
            await file.Put(at, json, ct);
        }
    }

    /// <summary>Empties every member of this name that is an object or an array.</summary>
    /// <returns>False where it is no JSON.</returns>
    private static bool EmptyMembers(byte[] json, string member)
    {
        var found = new List<(int From, int To)>();
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(member) && reader.Read() && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    var from = (int)reader.TokenStartIndex;
                    reader.Skip();
                    found.Add((from, (int)reader.BytesConsumed));
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }

        foreach (var (from, to) in found)
        {
            json.AsSpan(from + 1, to - from - 2).Fill((byte)' ');
        }

        return true;
    }
}
