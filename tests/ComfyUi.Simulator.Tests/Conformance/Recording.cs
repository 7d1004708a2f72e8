using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>A recording of the real server, as it lies in the folder wire.</summary>
internal static class Recording
{
    public static PyDict Read(string name)
    {
        var file = Directory.GetFiles(Folder, $"{name}*.json").ShouldHaveSingleItem(name);
        return (PyDict)PyJson.Parse(File.ReadAllBytes(file))!;
    }

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "wire");

    /// <summary>The recorded request as bytes; the recorder kept no long bodies, those come in from outside.</summary>
    public static RawRequest Request(PyDict recording, string? body = null)
    {
        var request = recording.Dict("request");
        var headers = ((PyList)request["headers"]!).Cast<PyList>().Select(h => ((string)h[0]!, (string)h[1]!));
        return new RawRequest((string)request["line"]!, [.. headers], Encoding.UTF8.GetBytes(body ?? Text(request.Dict("body"))));
    }

    public static RawResponse Response(PyDict recording)
    {
        var response = recording.Dict("response");
        var headers = ((PyList)response["headers"]!).Cast<PyList>().Select(h => ((string)h[0]!, (string)h[1]!));
        return new RawResponse((string)response["status_line"]!, [.. headers], response.Dict("body").Find("text") as string);
    }

    public static string Text(PyDict body) => body.Find("text") as string ?? "";
}

internal sealed record RawRequest(string Line, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public string Method => Line.Split(' ')[0];

    public string Path => Line.Split(' ')[1].Split('?')[0];
}

/// <summary>A body of null is one that the recorder did not keep as text.</summary>
internal sealed record RawResponse(string StatusLine, IReadOnlyList<(string Name, string Value)> Headers, string? Body)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    public string? Header(string name) =>
        Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).FirstOrDefault();
}
