using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ComfyUi.Simulator.Http;

/// <summary>A multipart body read the way aiohttp does: the file name is raw UTF-8 and taken as it is.</summary>
internal sealed record UploadForm(IReadOnlyDictionary<string, string> Fields, string? FileName, byte[] Content)
{
    public string? Field(string name) => Fields.GetValueOrDefault(name);

    /// <summary>An empty form where the body is no multipart.</summary>
    public static async Task<UploadForm> Read(string? contentType, byte[] body, CancellationToken ct)
    {
        var fields = new Dictionary<string, string>();
        string? fileName = null;
        byte[] content = [];
        if (MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType == "multipart/form-data")
        {
            var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), new MemoryStream(body));
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                using var part = new MemoryStream();
                await section.Body.CopyToAsync(part, ct);
                var disposition = section.ContentDisposition ?? "";
                var name = Parameter(disposition, "name");
                if (Parameter(disposition, "filename") is { } file && name == "image")
                {
                    (fileName, content) = (file, part.ToArray());
                }
                else if (name is not null)
                {
                    fields[name] = Encoding.UTF8.GetString(part.ToArray());
                }
            }
        }

        return new UploadForm(fields, fileName, content);
    }

    private static string? Parameter(string disposition, string name)
    {
        var start = disposition.IndexOf($" {name}=", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            return null;
        }

        var value = disposition[(start + name.Length + 2)..];
        return value.StartsWith('"') ? value[1..].Split('"')[0] : value.Split(';')[0].Trim();
    }
}
