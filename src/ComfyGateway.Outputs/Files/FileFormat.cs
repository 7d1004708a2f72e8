namespace ComfyGateway.Outputs.Files;

/// <summary>What a file is by its first bytes alone: neither its name nor a type that somebody declares is believed. These are the formats that uploads may have.</summary>
/// <param name="Extension">With its dot.</param>
internal sealed record FileFormat(string ContentType, string Extension)
{
    public const string Accepted = "PNG, JPEG, WebP, GIF, AVIF, BMP, TIFF, MP4, MOV, WebM, MKV, WAV, MP3, FLAC, OGG and M4A";

    public static readonly FileFormat Png = new("image/png", ".png");
    public static readonly FileFormat Jpeg = new("image/jpeg", ".jpg");
    public static readonly FileFormat WebP = new("image/webp", ".webp");
    public static readonly FileFormat Gif = new("image/gif", ".gif");
    public static readonly FileFormat Avif = new("image/avif", ".avif");
    public static readonly FileFormat Bmp = new("image/bmp", ".bmp");
    public static readonly FileFormat Tiff = new("image/tiff", ".tiff");
    public static readonly FileFormat Mp4 = new("video/mp4", ".mp4");
    public static readonly FileFormat Mov = new("video/quicktime", ".mov");
    public static readonly FileFormat WebM = new("video/webm", ".webm");
    public static readonly FileFormat Mkv = new("video/x-matroska", ".mkv");
    public static readonly FileFormat Wav = new("audio/wav", ".wav");
    public static readonly FileFormat Mp3 = new("audio/mpeg", ".mp3");
    public static readonly FileFormat Flac = new("audio/flac", ".flac");
    public static readonly FileFormat Ogg = new("audio/ogg", ".ogg");
    public static readonly FileFormat M4a = new("audio/mp4", ".m4a");

    private static readonly FileFormat[] All = [Png, Jpeg, WebP, Gif, Avif, Bmp, Tiff, Mp4, Mov, WebM, Mkv, Wav, Mp3, Flac, Ogg, M4a];

    // The names that people give to these files, beside the one that the gateway would give.
    private static readonly (FileFormat Kind, string Extension)[] OtherNames =
        [(Jpeg, ".jpeg"), (Jpeg, ".jfif"), (Tiff, ".tif"), (Mp4, ".m4v"), (Ogg, ".oga"), (Ogg, ".opus"), (Ogg, ".ogv"), (M4a, ".m4b"), (Wav, ".wave")];

    /// <summary><c>image</c>, <c>video</c> or <c>audio</c>.</summary>
    public string Kind => ContentType[..ContentType.IndexOf('/')];

    public bool IsImage => Kind == "image";

    /// <summary>The kind of what was accepted before.</summary>
    public static FileFormat Recorded(string contentType) => Array.Find(All, k => k.ContentType == contentType) ?? new FileFormat(contentType, "");

    /// <summary>Null where it is none of the accepted kinds.</summary>
    public static FileFormat? Of(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png,
        [0xFF, 0xD8, 0xFF, ..] => Jpeg,
        _ when head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) => Gif,
        _ when head.StartsWith("RIFF"u8) && head.Length >= 12 => OfRiff(head[8..12]),
        _ when head.StartsWith("BM"u8) && head.Length >= 26 && head[14] is 12 or 40 or 52 or 56 or 64 or 108 or 124 && head[15] == 0 => Bmp,
        [0x49, 0x49, 0x2A, 0x00, ..] or [0x4D, 0x4D, 0x00, 0x2A, ..] => Tiff,
        _ when head.Length >= 16 && head[4..8].SequenceEqual("ftyp"u8) => OfBrands(head),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => OfDocType(head),
        _ when head.StartsWith("fLaC"u8) => Flac,
        _ when head.StartsWith("OggS"u8) => Ogg,
        _ when head.StartsWith("ID3"u8) || IsMpegFrame(head) => Mp3,
        _ => null,
    };

    /// <summary>The name with an extension that says what the file is.</summary>
    public string Named(string filename)
    {
        var extension = Path.GetExtension(filename).ToLowerInvariant();
        return extension == Extension || OtherNames.Contains((this, extension)) ? filename : Path.GetFileNameWithoutExtension(filename) + Extension;
    }

    private static FileFormat? OfRiff(ReadOnlySpan<byte> form) => form switch
    {
        _ when form.SequenceEqual("WEBP"u8) => WebP,
        _ when form.SequenceEqual("WAVE"u8) => Wav,
        _ => null,
    };

    // ISO base media: the size of the box, "ftyp", the major brand, its version, and the brands that it is compatible with.
    private static FileFormat? OfBrands(ReadOnlySpan<byte> head)
    {
        var length = (int)Math.Min(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(head), (uint)head.Length);
        var major = OfBrand(head[8..12]);
        for (var at = 16; major is null && at + 4 <= length; at += 4)
        {
            major = OfBrand(head[at..(at + 4)]);
        }

        return major;
    }

    private static FileFormat? OfBrand(ReadOnlySpan<byte> brand) => brand switch
    {
        _ when brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8) => Avif,
        _ when brand.SequenceEqual("qt  "u8) => Mov,
        _ when brand.SequenceEqual("M4A "u8) || brand.SequenceEqual("M4B "u8) => M4a,
        _ when brand.StartsWith("iso"u8) || brand.StartsWith("mp4"u8) || brand.StartsWith("M4V"u8) || brand.StartsWith("3gp"u8) => Mp4,
        _ when brand.SequenceEqual("avc1"u8) || brand.SequenceEqual("dash"u8) => Mp4,
        _ => null,
    };

    // Of EBML's header one element counts: 42 82, its length, and the name of what follows.
    private static FileFormat? OfDocType(ReadOnlySpan<byte> head)
    {
        var header = head[..Math.Min(head.Length, 64)];
        var at = header.IndexOf([(byte)0x42, (byte)0x82]);
        var name = at < 0 || at + 3 > header.Length ? default : header[(at + 3)..];
        return name.StartsWith("webm"u8) ? WebM : name.StartsWith("matroska"u8) ? Mkv : null;
    }

    // Eleven bits set, a version that exists, the third layer, a bit rate and a sample rate that exist.
    private static bool IsMpegFrame(ReadOnlySpan<byte> head) =>
        head is [0xFF, var second, var third, ..]
        && (second & 0xE0) == 0xE0 && (second & 0x18) != 0x08 && (second & 0x06) == 0x02
        && (third & 0xF0) is not (0xF0 or 0) && (third & 0x0C) != 0x0C;
}
