using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Python;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>What a server says about itself.</summary>
internal sealed class InfoRoutes(EngineParts parts, SimulatedProcess process)
{
    private const long Memory = 25276510208;
    private static readonly string[] Read = ["GET", "HEAD"];

    public static PyDict Features => new() { ["supports_preview_metadata"] = true, ["max_upload_size"] = OddAnswers.MaximumBody };

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/", Read, Root);
        app.MapMethods("/system_stats", Read, c => OddAnswers.Json(c, SystemStats()));
        app.MapMethods("/features", Read, c => OddAnswers.Json(c, Features));
        app.MapMethods("/models", Read, c => OddAnswers.Json(c, new PyList(ModelFolders.Names)));
        app.MapMethods("/models/{folder}", Read, Models);
        app.MapMethods("/embeddings", Read, c => OddAnswers.Json(c, Embeddings()));
        app.MapMethods("/object_info", Read, c => OddAnswers.Json(c, parts.Catalog.Info()));
        app.MapMethods("/object_info/{node}", Read, c => OddAnswers.Json(c, parts.Catalog.Info((string)c.GetRouteValue("node")!)));
        app.MapMethods("/users", Read, c => OddAnswers.Json(c, new PyDict { ["storage"] = "server", ["migrated"] = false }));
    }

    private Task Root(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Pragma = "no-cache";
        context.Response.Headers.Expires = "0";
        var page = $"<!doctype html><title>ComfyUI simulator</title>\n<p>{process.Engine.Queue.Remaining} prompts in the queue.\n";
        return OddAnswers.Bytes(context, "text/html", System.Text.Encoding.UTF8.GetBytes(page));
    }

    private Task Models(HttpContext context)
    {
        var folder = (string)context.GetRouteValue("folder")!;
        return ModelFolders.Names.Contains(folder)
            ? OddAnswers.Json(context, new PyList(Files(folder)))
            : OddAnswers.Empty(context, 404);
    }

    private PyList Embeddings() => new(Files("embeddings").Select(Path.GetFileNameWithoutExtension));

    private IEnumerable<string> Files(string folder) =>
        parts.Options.Models.TryGetValue(folder, out var files) ? files.Order(StringComparer.Ordinal) : [];

    private PyDict SystemStats() => new()
    {
        ["system"] = new PyDict
        {
            ["os"] = "posix",
            ["ram_total"] = Memory,
            ["ram_free"] = Memory - 1032945664,
            ["comfyui_version"] = "0.3.64",
            ["required_frontend_version"] = "1.27.10",
            ["installed_templates_version"] = null,
            ["required_templates_version"] = "0.1.95",
            ["python_version"] = "3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0]",
            ["pytorch_version"] = "1.13.0a0",
            ["embedded_python"] = false,
            ["argv"] = new PyList { "main.py", "--cpu", "--listen", parts.Options.Host },
        },
        ["devices"] = new PyList
        {
            new PyDict
            {
                ["name"] = "cpu",
                ["type"] = "cpu",
                ["index"] = null,
                ["vram_total"] = Memory,
                ["vram_free"] = Memory - 1032945664,
                ["torch_vram_total"] = Memory,
                ["torch_vram_free"] = Memory - 1032945664,
            },
        },
    };
}
