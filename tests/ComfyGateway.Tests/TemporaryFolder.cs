namespace ComfyGateway.Tests;

/// <summary>A folder of one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string suffix = "") => Path = Directory.CreateTempSubdirectory("comfy-gateway-tests-").FullName + suffix;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
