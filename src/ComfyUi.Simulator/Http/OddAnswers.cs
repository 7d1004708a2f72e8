using System.Text;
using ComfyUi.Simulator.Python;
using Microsoft.AspNetCore.Http;

namespace ComfyUi.Simulator.Http;

/// <summary>Reading and answering the way aiohttp does.</summary>
internal static class OddAnswers
{
    public const long MaximumBody = 104857600;

    /// <summary>An exception is a plain-text 500; unknown paths and methods get plain text too.</summary>
    public static async Task ForFailures(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && e is PythonError or FormatException or OverflowException
            or InvalidCastException or IOException or NetVips.VipsException)
        {
            context.Response.Headers.Remove("Content-Disposition");
            await Text(context, 500, "500 Internal Server Error\n\nServer got itself in trouble");
        }

        if (!context.Response.HasStarted && context.GetEndpoint()?.DisplayName is null or "405 HTTP Method Not Supported")
        {
            await (context.Response.StatusCode switch
            {
                404 => Text(context, 404, "404: Not Found"),
                405 => Text(context, 405, "405: Method Not Allowed"),
                _ => Task.CompletedTask,
            });
        }
    }

    public static async Task Text(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        await Bytes(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
    }

    public static async Task Json(HttpContext context, object? value, int status = 200)
    {
        context.Response.StatusCode = status;
        await Bytes(context, "application/json; charset=utf-8", Encoding.UTF8.GetBytes(PyJson.Write(value)));
    }

    public static async Task Bytes(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static Task Empty(HttpContext context, int status = 200)
    {
        context.Response.StatusCode = status;
        return Bytes(context, "application/octet-stream", []);
    }

    /// <summary>The body, or null after a 413. Of a body that is too long the rest is read too, so that the answer arrives.</summary>
    public static async Task<byte[]?> Body(HttpContext context)
    {
        using var body = new MemoryStream();
        var buffer = new byte[81920];
        long total = 0;
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
        {
            total += read;
            if (total <= MaximumBody)
            {
                body.Write(buffer, 0, read);
            }
        }

        if (total <= MaximumBody)
        {
            return body.ToArray();
        }

        await Text(context, 413, $"Maximum request body size {MaximumBody} exceeded, actual body size {total}");
        return null;
    }
}
