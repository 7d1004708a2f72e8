using System.Buffers.Binary;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Images;

/// <summary>A picture as a binary WebSocket frame: event 1, or event 4 for clients that understand metadata.</summary>
internal sealed record PreviewImage(byte[] File, bool IsPng)
{
    public byte[] Plain()
    {
        var frame = new byte[8 + File.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, 1);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), IsPng ? 2 : 1);
        File.CopyTo(frame, 8);
        return frame;
    }

    public byte[] WithMetadata(string node, string promptId)
    {
        var metadata = Encoding.UTF8.GetBytes(PyJson.Write(new PyDict
        {
            ["node_id"] = node,
            ["prompt_id"] = promptId,
            ["display_node_id"] = node,
            ["parent_node_id"] = null,
            ["real_node_id"] = node,
            ["image_type"] = IsPng ? "image/png" : "image/jpeg",
        }));
        var frame = new byte[8 + metadata.Length + File.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, 4);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), metadata.Length);
        metadata.CopyTo(frame, 8);
        File.CopyTo(frame, 8 + metadata.Length);
        return frame;
    }
}
