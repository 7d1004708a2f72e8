using System.Text.Json;
using ComfyGateway.Platform.Http;

namespace ComfyGateway.Workflows.Contracts;

/// <summary>The files that image inputs stand for. Implemented by the module that keeps files.</summary>
public interface IInputFiles
{
    /// <summary>Sees that each file is there to be used by a job: an upload of the caller's, or one that is made of the data or of what the URL gives.</summary>
    /// <returns>By the input's name.</returns>
    /// <exception cref="Platform.Problems.ProblemException">A file is not to be had or not accepted; names the input.</exception>
    Task<IReadOnlyDictionary<string, InputFile>> Take(IReadOnlyList<ImageInput> images, Caller caller, CancellationToken ct);

    /// <summary>The same, but nothing is kept.</summary>
    Task<IReadOnlyDictionary<string, InputFile>> Look(IReadOnlyList<ImageInput> images, Caller caller, CancellationToken ct);
}

/// <summary>An input that stands for a file.</summary>
/// <param name="Path">What a client calls it, e.g. <c>inputs.image</c>.</param>
/// <param name="Reference"><c>upload:</c> and an id, a <c>data:</c> URL, or an http(s) URL.</param>
public sealed record ImageInput(string Name, string Path, string Reference);

/// <summary>A file in the store.</summary>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Name">What it is called in the input folder of every ComfyUI.</param>
public sealed record InputFile(Guid UploadId, string StoragePath, string Sha256, string Name);

/// <summary>Puts something else in the place of some inputs.</summary>
public static class InputValues
{
    public static IReadOnlyDictionary<string, JsonElement> With(
        this IReadOnlyDictionary<string, JsonElement> inputs, IEnumerable<KeyValuePair<string, string>> replacements)
    {
        var replaced = new Dictionary<string, JsonElement>(inputs);
        foreach (var (name, value) in replacements)
        {
            replaced[name] = JsonSerializer.SerializeToElement(value);
        }

        return replaced;
    }
}
