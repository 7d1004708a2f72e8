using Amazon.S3;
using Amazon.S3.Model;

namespace ComfyGateway.Outputs.S3;

/// <summary>
/// An object as a seekable stream, by ranged requests. A piece is asked for when it is read, the first one small enough that a short range
/// of a long video costs little, the next ones larger. A connection that breaks is taken up where it broke.
/// </summary>
internal sealed class S3Content(IAmazonS3 s3, string bucket, string key, string etag, long length) : Stream
{
    private const long FirstPiece = 4 * 1024 * 1024;
    private const long LargestPiece = 64 * 1024 * 1024;
    private const int Tries = 3;

    // Passing over so much costs less than another request.
    private const int ShortWay = 256 * 1024;

    private GetObjectResponse? _piece;
    private long _position;
    private long _pieceAt;
    private long _pieceEnd;
    private long _pieceSize = FirstPiece;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0 || _position >= length)
        {
            return 0;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadPiece(buffer, cancellationToken);
            }
            catch (Exception exception) when (S3Failure.Is(exception, cancellationToken) || exception is IOException)
            {
                Drop();
                if (attempt == Tries || exception is AmazonS3Exception)
                {
                    throw S3Failure.From(exception);
                }
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        // What is being read is left only when something is read elsewhere.
        return _position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    private async Task<int> ReadPiece(Memory<byte> buffer, CancellationToken ct)
    {
        var way = _position - _pieceAt;
        if (way is < 0 or > ShortWay || _position >= _pieceEnd)
        {
            Drop();
            // Who jumps about reads little at each place.
            _pieceSize = way == 0 ? _pieceSize : FirstPiece;
        }

        if (_piece is null)
        {
            _piece = await OpenPiece(ct);
            _pieceAt = _position;
        }

        while (_pieceAt < _position)
        {
            _pieceAt += await Read(_piece, buffer[..(int)Math.Min(buffer.Length, _position - _pieceAt)], ct);
        }

        var read = await Read(_piece, buffer, ct);
        _position = _pieceAt += read;
        if (_position == _pieceEnd)
        {
            Drop();
        }

        return read;
    }

    private async ValueTask<int> Read(GetObjectResponse piece, Memory<byte> buffer, CancellationToken ct)
    {
        var read = await piece.ResponseStream.ReadAsync(buffer, ct);
        return read > 0 ? read : throw new IOException($"{key} ended at {_pieceAt} of {length} bytes.");
    }

    private async Task<GetObjectResponse> OpenPiece(CancellationToken ct)
    {
        _pieceEnd = Math.Min(length, _position + _pieceSize);
        _pieceSize = Math.Min(LargestPiece, _pieceSize * 2);
        // All pieces of the same object, should it be replaced meanwhile.
        return await s3.GetObjectAsync(
            new GetObjectRequest { BucketName = bucket, Key = key, EtagToMatch = etag, ByteRange = new ByteRange(_position, _pieceEnd - 1) }, ct);
    }

    private void Drop()
    {
        _piece?.Dispose();
        _piece = null;
    }
}
