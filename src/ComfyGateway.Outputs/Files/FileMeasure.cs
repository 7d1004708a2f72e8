using System.Security.Cryptography;
using ComfyGateway.Outputs.Contracts;

namespace ComfyGateway.Outputs.Files;

/// <summary>Learns of a file what is to be known of it while it passes by.</summary>
internal sealed class FileMeasure : IDisposable
{
    private const int HeadSize = 4096;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _head = new(HeadSize);
    private long _size;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _head.Write(bytes[..Math.Min(bytes.Length, HeadSize - (int)_head.Length)]);
        _size += bytes.Length;
    }

    public StoredFile Result() => new(_size, Convert.ToHexStringLower(_hash.GetHashAndReset()), _head.ToArray());

    public void Dispose() => _hash.Dispose();
}
