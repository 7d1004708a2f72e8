using System.Diagnostics;
using Amazon.S3;
using ComfyGateway.IntegrationTests;
using ComfyGateway.Outputs.S3;
using ComfyGateway.Platform.Settings;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

[assembly: AssemblyFixture(typeof(S3Fixture))]

namespace ComfyGateway.IntegrationTests;

/// <summary>
/// One S3 server for all tests: where S3_SERVER is a URL, the one that answers there. Else one that is started when the first test asks for it: the process that
/// S3_SERVER names or eng/s3.sh has fetched, or MinIO in a container (docs/adr/0014). Each gateway of a test gets a bucket of its own.
/// </summary>
public sealed class S3Fixture : IAsyncDisposable
{
    private const int MinioPort = 9000;

    private readonly SemaphoreSlim _starting = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cg-s3-");
    private Process? _process;
    private IContainer? _container;
    private string? _endpoint;

    /// <summary>What S3 wants to know of whoever asks.</summary>
    public static string Key => "S3RVER";

    /// <summary>Settings of a gateway that keeps its files in a new bucket, below a prefix.</summary>
    public async Task<Dictionary<string, string>> NewBucket()
    {
        var settings = new Dictionary<string, string>
        {
            ["STORAGE_PROVIDER"] = "s3",
            ["S3_ENDPOINT"] = await Endpoint(),
            ["S3_BUCKET"] = $"b{Guid.CreateVersion7():N}",
            ["S3_ACCESS_KEY"] = Key,
            ["S3_SECRET_KEY"] = _container is null ? Key : $"{Key}{Key}",
            ["S3_PREFIX"] = "some/where",
        };
        using var s3 = Client(settings);
        await s3.PutBucketAsync(settings["S3_BUCKET"]);
        return settings;
    }

    /// <summary>A client as the gateway makes it.</summary>
    public static IAmazonS3 Client(Dictionary<string, string> settings) => S3Connection.Open(TestSettings.Read(settings));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        await (_container?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Delete(recursive: true);
        _starting.Dispose();
    }

    private async Task<string> Endpoint()
    {
        await _starting.WaitAsync();
        try
        {
            return _endpoint ??= Program() switch
            {
                { } url when Uri.IsWellFormedUriString(url, UriKind.Absolute) && !File.Exists(url) => url,
                { } program => await StartProcess(program),
                null => await StartContainer(),
            };
        }
        finally
        {
            _starting.Release();
        }
    }

    private static string? Program()
    {
        if (Environment.GetEnvironmentVariable("S3_SERVER") is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var fetched = Path.Combine(folder.FullName, ".tools", "s3", "server.js");
            if (File.Exists(fetched))
            {
                return fetched;
            }
        }

        return null;
    }

    private async Task<string> StartProcess(string program)
    {
        // Its page tokens are DES, which OpenSSL has retired.
        _process = Process.Start(new ProcessStartInfo("node", ["--openssl-legacy-provider", program, _folder.FullName]) { RedirectStandardOutput = true })!;
        return $"http://127.0.0.1:{await _process.StandardOutput.ReadLineAsync()}";
    }

    private async Task<string> StartContainer()
    {
        _container = new ContainerBuilder("minio/minio:RELEASE.2025-04-22T22-12-26Z")
            .WithCommand("server", "/data")
            .WithEnvironment("MINIO_ROOT_USER", Key)
            .WithEnvironment("MINIO_ROOT_PASSWORD", $"{Key}{Key}")
            .WithPortBinding(MinioPort, assignRandomHostPort: true)
            .Build();
        await _container.StartAsync();
        var endpoint = $"http://{_container.Hostname}:{_container.GetMappedPublicPort(MinioPort)}";
        using var http = new HttpClient();
        await Eventually.Holds(async () => await Answers(http, endpoint));
        return endpoint;
    }

    private static async Task<bool> Answers(HttpClient http, string endpoint)
    {
        try
        {
            using var response = await http.GetAsync(endpoint);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
