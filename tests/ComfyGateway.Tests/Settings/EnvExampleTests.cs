using System.Runtime.CompilerServices;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

public sealed class EnvExampleTests
{
    // The table of the documentation, not of the code: this list is what drift is measured against.
    private const string Table =
        """
        PORT=3000
        HOST=0.0.0.0
        COMFYUI_URL=http://127.0.0.1:8188
        COMFYUI_TIMEOUT_MS=300000
        API_KEYS=
        JWT_SECRET=
        DATABASE_URL=
        DATA_PATH=./data
        STORAGE_PROVIDER=local
        STORAGE_LOCAL_PATH=./data/outputs
        S3_ENDPOINT=
        S3_BUCKET=
        S3_ACCESS_KEY=
        S3_SECRET_KEY=
        S3_REGION=us-east-1
        S3_PREFIX=
        S3_SSE=
        WEBHOOK_SECRET=
        WEBHOOK_ALLOWED_DOMAINS=*
        WEBHOOK_ALLOW_PRIVATE=false
        MAX_CONCURRENCY=1
        MAX_IMAGE_SIZE=2048
        MAX_BATCH_SIZE=4
        MAX_QUEUE_DEPTH=100000
        MAX_UPLOAD_BYTES=52428800
        UPLOAD_TTL_SECONDS=604800
        MAX_WORKFLOW_NODES=2000
        MAX_USER_PRIORITY=0
        IDEMPOTENCY_TTL_SECONDS=604800
        MAX_ATTEMPTS=3
        ALLOW_INLINE_WORKFLOWS=false
        CACHE_ENABLED=true
        CACHE_TTL_SECONDS=86400
        CACHE_SCOPE=owner
        OUTPUT_RETENTION_DAYS=0
        RATE_LIMIT_MAX=100
        RATE_LIMIT_WINDOW_MS=60000
        TRUSTED_PROXIES=
        LOG_LEVEL=info
        PRIVACY_MODE=false
        CORS_ORIGINS=*
        METRICS_ENABLED=true
        OTEL_EXPORTER_OTLP_ENDPOINT=
        ASPNETCORE_ENVIRONMENT=
        """;

    [Fact]
    public void Every_variable_of_the_table_is_there_with_its_default() =>
        EnvExample.Render().Split('\n').Where(line => line.Length > 0 && line[0] != '#').ShouldBe(Table.ReplaceLineEndings("\n").Split('\n'));

    [Fact]
    public void The_committed_example_is_what_the_settings_render()
    {
        var path = Path.Combine(RepositoryRoot(), ".env.example");

        if (Environment.GetEnvironmentVariable("UPDATE_ENV_EXAMPLE") == "1")
        {
            File.WriteAllText(path, EnvExample.Render());
        }

        File.ReadAllText(path).ShouldBe(
            EnvExample.Render(),
            "regenerate it with: UPDATE_ENV_EXAMPLE=1 dotnet run --project tests/ComfyGateway.Tests");
    }

    [Fact]
    public void The_example_as_it_stands_reads_as_the_defaults()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(".env"), EnvExample.Render());

        var variables = EnvironmentVariables.Load(folder.Path, []);
        var reading = SettingsReader.Read(variables.Values);

        variables.Problems.ShouldBeEmpty();
        SettingsPrinter.Describe(reading.Settings!).ShouldBe(SettingsPrinter.Describe(Read.Good()));
    }

    private static string RepositoryRoot([CallerFilePath] string thisFile = "")
    {
        var folder = new DirectoryInfo(File.Exists(thisFile) ? Path.GetDirectoryName(thisFile)! : AppContext.BaseDirectory);

        while (!File.Exists(Path.Combine(folder.FullName, "ComfyGateway.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No ComfyGateway.sln above the tests.");
        }

        return folder.FullName;
    }
}
