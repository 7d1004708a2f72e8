using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>A gateway with a job that made two pictures.</summary>
public abstract class FinishedJob(PostgresFixture postgres) : IAsyncLifetime
{
    public TestGateway Gateway { get; private set; } = null!;

    public Guid JobId { get; private set; }

    public JsonElement Job { get; private set; }

    public string Url { get; private set; } = "";

    public string Filename { get; private set; } = "";

    /// <summary>The first picture as the store has it.</summary>
    public byte[] Bytes { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Gateway = await TestGateway.Start(postgres, await Settings());
        JobId = await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1, batch_size = 2 } });
        Job = await Gateway.End(JobId);
        var first = Job.GetProperty("outputs")[0];
        (Url, Filename) = (first.GetProperty("url").GetString()!, first.GetProperty("filename").GetString()!);
        Bytes = await Stored(first.GetProperty("storagePath").GetString()!);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Gateway.DisposeAsync();
    }

    protected abstract Task<Dictionary<string, string>> Settings();

    /// <summary>The file as it lies in the store, past the gateway.</summary>
    public abstract Task<byte[]> Stored(string storagePath);
}

public sealed class LocalJob(PostgresFixture postgres) : FinishedJob(postgres)
{
    public override Task<byte[]> Stored(string storagePath) => File.ReadAllBytesAsync(Path.Combine(Gateway.StoragePath, storagePath));

    protected override Task<Dictionary<string, string>> Settings() => Task.FromResult(new Dictionary<string, string>());
}

public sealed class S3Job(PostgresFixture postgres, S3Fixture s3) : FinishedJob(postgres)
{
    private Dictionary<string, string> _settings = [];

    public override async Task<byte[]> Stored(string storagePath)
    {
        using var client = S3Fixture.Client(_settings);
        using var answer = await client.GetObjectAsync(_settings["S3_BUCKET"], $"some/where/{storagePath}");
        var bytes = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    protected override async Task<Dictionary<string, string>> Settings() => _settings = await s3.NewBucket();
}
