using System.Text;
using System.Text.Json;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>One file of wire/: what a real server said, byte for byte where the recorder kept the bytes.</summary>
internal sealed class Recording
{
    private readonly JsonElement _root;

    private Recording(string name, JsonElement root)
    {
        Name = name;
        _root = root;
    }

    public string Name { get; }

    public int Status => int.Parse(Response.GetProperty("status_line").GetString()!.Split(' ')[1], null);

    public string RequestTarget => _root.GetProperty("request").GetProperty("line").GetString()!.Split(' ')[1];

    public byte[] Body => Bytes(Response.GetProperty("body"));

    public IEnumerable<(string Name, string Value)> Headers =>
        Response.GetProperty("headers").EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()!));

    private JsonElement Response => _root.GetProperty("response");

    public static Recording Load(string number)
    {
        var file = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "wire"), number + "*.json").Order().First();
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return new Recording(Path.GetFileNameWithoutExtension(file), document.RootElement.Clone());
    }

    /// <summary>The frames that one of the recorded sockets got, in order.</summary>
    public IReadOnlyList<RecordedFrame> Frames(string socket) =>
        [.. _root.GetProperty("frames").EnumerateArray()
            .Where(f => !f.TryGetProperty("ws", out var ws) || ws.GetString() == socket)
            .Where(f => f.GetProperty("kind").GetString() is "text" or "binary")
            .Select(Frame)];

    private static RecordedFrame Frame(JsonElement frame) =>
        frame.GetProperty("kind").GetString() == "text"
            ? new RecordedFrame(true, Encoding.UTF8.GetBytes(frame.GetProperty("data").GetString()!))
            : new RecordedFrame(false, Bytes(frame));

    // Of large binary bodies only the beginning was kept; zeros stand for the rest.
    private static byte[] Bytes(JsonElement body)
    {
        if (body.TryGetProperty("text", out var text) || body.TryGetProperty("text_prefix", out text))
        {
            return Encoding.UTF8.GetBytes(text.GetString()!);
        }

        var bytes = new byte[body.GetProperty("length").GetInt32()];
        Convert.FromHexString(body.GetProperty("hex_prefix").GetString()!).CopyTo(bytes, 0);
        return bytes;
    }
}

internal sealed record RecordedFrame(bool IsText, byte[] Bytes);
