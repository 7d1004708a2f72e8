using System.Globalization;
using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Images;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ComfyUi.Simulator.Http;

/// <summary>GET /view.</summary>
internal sealed class ViewRoutes(EngineParts parts)
{
    private static readonly Dictionary<string, string> Types = new()
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".webp"] = "image/webp",
        [".gif"] = "image/gif",
        [".txt"] = "text/plain",
        [".json"] = "application/json",
        [".mp4"] = "video/mp4",
        [".webm"] = "video/webm",
        [".wav"] = "audio/x-wav",
        [".flac"] = "audio/x-flac",
    };

    public void Map(IEndpointRouteBuilder app) => app.MapMethods("/view", ["GET", "HEAD"], View);

    private Task View(HttpContext context)
    {
        var query = context.Request.Query;
        if (!query.TryGetValue("filename", out var given))
        {
            return OddAnswers.Empty(context, 404);
        }

        var (name, folder) = parts.Folders.Annotated(given.ToString());
        if (name.Length == 0 || name[0] == '/' || name.Contains("..", StringComparison.Ordinal))
        {
            return OddAnswers.Empty(context, 400);
        }

        folder ??= parts.Folders.ByType(query.TryGetValue("type", out var type) ? type.ToString() : "output");
        return folder is null ? OddAnswers.Empty(context, 400) : View(context, folder, name);
    }

    private Task View(HttpContext context, string folder, string name)
    {
        var inner = Path.Combine(folder, context.Request.Query["subfolder"].ToString());
        if (!DataFolders.IsInside(folder, inner))
        {
            return OddAnswers.Empty(context, 403);
        }

        var file = Path.Combine(inner, Path.GetFileName(name));
        return File.Exists(file) ? Send(context, file) : OddAnswers.Empty(context, 404);
    }

    private Task Send(HttpContext context, string file)
    {
        context.Response.Headers.ContentDisposition = $"filename=\"{Path.GetFileName(file)}\"";
        var query = context.Request.Query;
        var channel = query["channel"].ToString();
        if (query.TryGetValue("preview", out var preview))
        {
            var (format, quality) = PreviewFormat(preview.ToString(), channel);
            return OddAnswers.Bytes(context, $"image/{format}", RasterFiles.Encode(Load(file), format, quality));
        }

        return channel switch
        {
            "rgb" => OddAnswers.Bytes(context, "image/png", RasterFiles.Png(Load(file).WithoutAlpha())),
            "a" => OddAnswers.Bytes(context, "image/png", RasterFiles.Png(Load(file).AlphaOnly())),
            _ => SendFile(context, file),
        };
    }

    private static Raster Load(string file) => RasterFiles.Load(File.ReadAllBytes(file), file);

    private static (string Format, int Quality) PreviewFormat(string preview, string channel)
    {
        var asked = preview.Split(';');
        var format = asked[0] == "jpeg" && !channel.Contains('a', StringComparison.Ordinal) ? "jpeg" : "webp";
        return (format, int.TryParse(asked[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var quality) ? quality : 90);
    }

    private Task SendFile(HttpContext context, string file)
    {
        var type = Types.GetValueOrDefault(Path.GetExtension(file).ToLowerInvariant(), "application/octet-stream");
        if (parts.Faults.TakeTruncatedView())
        {
            return SendSlowly(context, file, type, int.MaxValue, isTruncated: true);
        }

        if (parts.Faults.ViewBytesPerSecond > 0)
        {
            return SendSlowly(context, file, type, parts.Faults.ViewBytesPerSecond, isTruncated: false);
        }

        var info = new FileInfo(file);
        var changed = new DateTimeOffset(info.LastWriteTimeUtc);
        var nanoseconds = (changed - DateTimeOffset.UnixEpoch).Ticks * 100;
        var etag = new EntityTagHeaderValue(FormattableString.Invariant($"\"{nanoseconds:x}-{info.Length:x}\""));
        return TypedResults.File(File.OpenRead(file), type, lastModified: changed, entityTag: etag, enableRangeProcessing: true)
            .ExecuteAsync(context);
    }

    private static async Task SendSlowly(HttpContext context, string file, string type, int bytesPerSecond, bool isTruncated)
    {
        var content = await File.ReadAllBytesAsync(file, context.RequestAborted);
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        var length = isTruncated ? content.Length / 2 : content.Length;
        var portion = Math.Clamp(bytesPerSecond / 20, 1, length);
        for (var sent = 0; sent < length; sent += portion)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(sent, Math.Min(portion, length - sent)), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (!isTruncated)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)portion / bytesPerSecond), context.RequestAborted);
            }
        }

        if (isTruncated)
        {
            context.Abort();
        }
    }
}
