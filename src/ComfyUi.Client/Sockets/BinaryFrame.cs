using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client.Sockets;

/// <summary>Reads binary frames: a big-endian event number, then what the event defines.</summary>
internal static class BinaryFrame
{
    private const uint PreviewImage = 1;
    private const uint PreviewImageWithMetadata = 4;
    private const uint Png = 2;

    public static SocketMessage Read(ReadOnlySpan<byte> frame)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(frame, out var kind)
            || !BinaryPrimitives.TryReadUInt32BigEndian(frame[4..], out var head))
        {
            return new SocketMessage.Unknown("binary");
        }

        var body = frame[8..];
        return kind switch
        {
            PreviewImage => new SocketMessage.Preview(null, null, head == Png ? "image/png" : "image/jpeg", body.ToArray()),
            PreviewImageWithMetadata when head <= body.Length => WithMetadata(body[..(int)head], body[(int)head..]),
            _ => new SocketMessage.Unknown("binary " + kind.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static SocketMessage WithMetadata(ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> image)
    {
        try
        {
            using var document = JsonAnswer.Parse(metadata);
            var root = document.RootElement;
            return new SocketMessage.Preview(
                root.Member("prompt_id")?.AsId(),
                root.Member("node_id")?.AsId(),
                root.Text("image_type") ?? "image/jpeg",
                image.ToArray());
        }
        catch (Exception e) when (JsonAnswer.IsUnreadable(e))
        {
            return new SocketMessage.Unknown("unreadable");
        }
    }
}
