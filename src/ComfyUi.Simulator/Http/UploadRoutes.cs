using System.Globalization;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>POST /upload/image and /upload/mask.</summary>
internal sealed class UploadRoutes(DataFolders folders, SimulatorStatistics statistics, FaultState faults)
{
    private readonly Lock _naming = new();

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/upload/image", Image);
        app.MapPost("/upload/mask", c => Upload(c, Masked));
    }

    private async Task Image(HttpContext context)
    {
        await Task.Delay(faults.UploadDelay, context.RequestAborted);
        await Upload(context, form => (200, form.Content));
    }

    private async Task Upload(HttpContext context, Func<UploadForm, (int Status, byte[]? Content)> contentOf)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        var form = await UploadForm.Read(context.Request.ContentType, body, context.RequestAborted);
        var type = form.Field("type") ?? "input";
        var folder = folders.ByType(type) ?? throw new PythonError("UnboundLocalError", "cannot access local variable 'type_dir'");
        if (string.IsNullOrEmpty(form.FileName))
        {
            await OddAnswers.Empty(context, 400);
            return;
        }

        await Store(context, form, type, folder, contentOf);
    }

    private async Task Store(
        HttpContext context, UploadForm form, string type, string folder, Func<UploadForm, (int Status, byte[]? Content)> contentOf)
    {
        var subfolder = form.Field("subfolder") ?? "";
        var target = Path.Combine(folder, subfolder);
        if (!DataFolders.IsInside(folder, Path.Combine(target, form.FileName!)))
        {
            await OddAnswers.Empty(context, 400);
            return;
        }

        var (status, content) = contentOf(form);
        if (status != 200)
        {
            await OddAnswers.Empty(context, status);
            return;
        }

        statistics.Uploaded();
        Directory.CreateDirectory(target);
        var name = Save(target, form, content);
        await OddAnswers.Json(context, new PyDict { ["name"] = name, ["subfolder"] = subfolder, ["type"] = type });
    }

    /// <summary>The same bytes keep their name, others get a number, unless they are to overwrite.</summary>
    private string Save(string folder, UploadForm form, byte[]? content)
    {
        lock (_naming)
        {
            var name = form.FileName!;
            for (var i = 1; form.Field("overwrite") is not ("true" or "1") && File.Exists(Path.Combine(folder, name)); i++)
            {
                if (File.ReadAllBytes(Path.Combine(folder, name)).AsSpan().SequenceEqual(form.Content))
                {
                    return name;
                }

                var stem = Path.GetFileNameWithoutExtension(form.FileName);
                name = string.Create(CultureInfo.InvariantCulture, $"{stem} ({i}){Path.GetExtension(form.FileName)}");
            }

            if (content is not null)
            {
                File.WriteAllBytes(Path.Combine(folder, name), content);
            }

            return name;
        }
    }

    /// <summary>The original picture with the alpha channel of the mask; nothing to save where there is no original.</summary>
    private (int Status, byte[]? Content) Masked(UploadForm form)
    {
        var original = (PyDict?)PyJson.Parse(form.Field("original_ref") ?? throw PythonError.KeyError("original_ref"));
        var (name, folder) = folders.Annotated((string)original!["filename"]!);
        if (name.Length == 0 || name[0] == '/' || name.Contains("..", StringComparison.Ordinal))
        {
            return (400, null);
        }

        folder ??= folders.ByType(original.Find("type") as string ?? "output");
        return folder is null ? (400, null) : Masked(form, folder, original.Find("subfolder") as string ?? "", name);
    }

    private static (int Status, byte[]? Content) Masked(UploadForm form, string folder, string subfolder, string name)
    {
        var inner = Path.Combine(folder, subfolder);
        if (!DataFolders.IsInside(folder, inner))
        {
            return (403, null);
        }

        var file = Path.Combine(inner, Path.GetFileName(name));
        if (!File.Exists(file))
        {
            return (200, null);
        }

        var picture = RasterFiles.Load(File.ReadAllBytes(file), file).WithoutAlpha();
        var mask = RasterFiles.Load(form.Content, form.FileName!).AlphaMask();
        return (200, RasterFiles.Png(picture.WithAlpha(Resampling.Resize(mask, picture.Width, picture.Height))));
    }
}
