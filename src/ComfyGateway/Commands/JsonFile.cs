using System.Text.Json;

namespace ComfyGateway.Commands;

/// <summary>JSON that a command is given: a file, or standard input for <c>-</c>.</summary>
internal static class JsonFile
{
    public static bool IsStandardInput(FileInfo file) => file.Name == "-";

    /// <exception cref="StartException">It cannot be read, or is no JSON.</exception>
    public static async Task<JsonElement> Read(FileInfo file, CancellationToken ct)
    {
        try
        {
            await using var stream = IsStandardInput(file) ? Console.OpenStandardInput() : file.OpenRead();
            return await JsonSerializer.DeserializeAsync<JsonElement>(stream, cancellationToken: ct);
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new StartException($"{(IsStandardInput(file) ? "standard input" : file.FullName)}: {exception.Message}");
        }
    }
}
