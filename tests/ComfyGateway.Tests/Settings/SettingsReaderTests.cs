using System.Net;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Without_variables_every_default_holds()
    {
        var settings = Read.Good();

        settings.Port.ShouldBe(3000);
        settings.Host.ShouldBe("0.0.0.0");
        settings.ComfyUiUrls.ShouldBe([new BackendAddress("gpu0", new Uri("http://127.0.0.1:8188"))]);
        settings.MaxUploadBytes.ShouldBe(52428800);
        settings.WebhookAllowedDomains.ShouldBe(["*"]);
        settings.ApiKeys.ShouldBeEmpty();
        settings.TrustedProxies.ShouldBeEmpty();
        settings.LogLevel.ShouldBe(GatewayLogLevel.Info);
        settings.CacheEnabled.ShouldBeTrue();
        settings.Environment.ShouldBe(GatewayEnvironment.Production);
    }

    [Fact]
    public void A_problem_names_the_variable_what_was_found_and_what_is_accepted() =>
        Read.OnlyProblem(("MAX_CONCURRENCY", "zero")).ShouldBe("MAX_CONCURRENCY: found \"zero\", accepted: a whole number from 1 to 64");

    [Fact]
    public void A_problem_names_the_alias_that_was_used() =>
        Read.OnlyProblem(("NODE_ENV", "staging")).ShouldBe("NODE_ENV: found \"staging\", accepted: Production or Development");

    [Fact]
    public void All_problems_come_at_once()
    {
        var reading = Read.From(
            ("PORT", "http"), ("LOG_LEVEL", "loud"), ("STORAGE_PROVIDER", "s3"), ("S3_ACCESS_KEY", "id"), ("COMFYUI_URL", "ftp://a,b,http://c"));

        reading.Settings.ShouldBeNull();
        reading.Problems.Select(line => line.Split(':')[0])
            .ShouldBe(["PORT", "COMFYUI_URL", "COMFYUI_URL", "LOG_LEVEL", "S3_BUCKET", "S3_SECRET_KEY"]);
    }

    [Theory]
    [InlineData("PORT", "65536")]
    [InlineData("PORT", "-1")]
    [InlineData("PORT", "3000.0")]
    [InlineData("PORT", "1e3")]
    [InlineData("PORT", "3 000")]
    [InlineData("HOST", "not a host")]
    [InlineData("COMFYUI_TIMEOUT_MS", "0")]
    [InlineData("COMFYUI_TIMEOUT_MS", "2147483648")]
    [InlineData("MAX_CONCURRENCY", "65")]
    [InlineData("MAX_USER_PRIORITY", "101")]
    [InlineData("MAX_UPLOAD_BYTES", "9223372036854775808")]
    [InlineData("OUTPUT_RETENTION_DAYS", "-1")]
    [InlineData("CACHE_ENABLED", "maybe")]
    [InlineData("PRIVACY_MODE", "2")]
    [InlineData("CACHE_SCOPE", "0")]
    [InlineData("CACHE_SCOPE", "everyone")]
    [InlineData("STORAGE_PROVIDER", "local,s3")]
    [InlineData("STORAGE_PROVIDER", "gcs")]
    [InlineData("LOG_LEVEL", "verbose")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "dev")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "1")]
    [InlineData("S3_ENDPOINT", "minio:9000")]
    [InlineData("S3_ENDPOINT", "/minio")]
    [InlineData("S3_PREFIX", "a/../b")]
    [InlineData("S3_PREFIX", "a b")]
    [InlineData("S3_SSE", "aes256")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("CORS_ORIGINS", "app.example.com")]
    [InlineData("CORS_ORIGINS", "https://app.example.com/path")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/33")]
    [InlineData("TRUSTED_PROXIES", "proxy.internal")]
    [InlineData("WEBHOOK_ALLOWED_DOMAINS", "https://example.com")]
    [InlineData("WEBHOOK_ALLOWED_DOMAINS", "example.*")]
    [InlineData("WEBHOOK_ALLOWED_DOMAINS", ",")]
    [InlineData("WEBHOOK_SECRET", "whsec_not base64!")]
    [InlineData("WEBHOOK_SECRET", "whsec_")]
    [InlineData("JWT_SECRET", "thirty-one bytes is not enough!")]
    public void What_cannot_be_used_is_a_problem(string name, string text) =>
        Read.OnlyProblem((name, text)).ShouldStartWith($"{name}: found ");

    [Theory]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("1", true)]
    [InlineData("Yes", true)]
    [InlineData("on", true)]
    [InlineData("false", false)]
    [InlineData("0", false)]
    [InlineData("NO", false)]
    [InlineData("Off", false)]
    [InlineData(" on ", true)]
    public void A_switch_may_be_written_in_several_ways(string text, bool value) =>
        Read.Good(("PRIVACY_MODE", text)).PrivacyMode.ShouldBe(value);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void An_empty_value_is_the_default(string text) =>
        Read.Good(("PORT", text), ("CACHE_ENABLED", text), ("COMFYUI_URL", text)).ShouldSatisfyAllConditions(
            settings => settings.Port.ShouldBe(3000),
            settings => settings.CacheEnabled.ShouldBeTrue(),
            settings => settings.ComfyUiUrls.Count.ShouldBe(1));

    [Theory]
    [InlineData("ASPNETCORE_ENVIRONMENT", "development", GatewayEnvironment.Development)]
    [InlineData("NODE_ENV", "PRODUCTION", GatewayEnvironment.Production)]
    public void The_environment_has_two_names_in_any_case(string name, string text, GatewayEnvironment expected) =>
        Read.Good((name, text)).Environment.ShouldBe(expected);

    [Fact]
    public void The_caller_says_which_environment_holds_by_default() =>
        SettingsReader.Read(new Dictionary<string, string>(), GatewayEnvironment.Development)
            .Settings!.Environment.ShouldBe(GatewayEnvironment.Development);

    [Fact]
    public void Proxies_are_addresses_or_networks() =>
        Read.Good(("TRUSTED_PROXIES", "10.1.2.3, 10.0.0.0/8, ::1, fd00::/8")).TrustedProxies.ShouldBe(
            [IPNetwork.Parse("10.1.2.3/32"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fd00::/8")]);

    [Fact]
    public void Callback_hosts_are_names_and_wildcards_in_lower_case() =>
        Read.Good(("WEBHOOK_ALLOWED_DOMAINS", "Example.com, *.Example.com, 10.0.0.5")).WebhookAllowedDomains
            .ShouldBe(["example.com", "*.example.com", "10.0.0.5"]);

    [Fact]
    public void A_webhook_secret_may_be_rotated() =>
        Read.Good(("WEBHOOK_SECRET", "whsec_bmV3LXNlY3JldA==,old")).WebhookSecrets.ShouldBe(["whsec_bmV3LXNlY3JldA==", "old"]);

    [Fact]
    public void The_length_of_the_token_secret_counts_in_bytes() =>
        Read.Good(("JWT_SECRET", "ääääääääääääääää")).JwtSecret.Length.ShouldBe(16);

    [Fact]
    public void Origins_lose_their_trailing_slash() =>
        Read.Good(("CORS_ORIGINS", "https://app.example.com/, http://localhost:5173")).CorsOrigins
            .ShouldBe(["https://app.example.com", "http://localhost:5173"]);

    [Fact]
    public void S3_with_a_bucket_and_both_keys_is_good() =>
        Read.Good(("STORAGE_PROVIDER", "S3"), ("S3_BUCKET", "outputs"), ("S3_ACCESS_KEY", "id"), ("S3_SECRET_KEY", "key"), ("S3_ENDPOINT", "http://minio:9000"))
            .StorageProvider.ShouldBe(StorageProvider.S3);

    [Fact]
    public void An_old_queue_setting_is_a_warning() =>
        Read.From(("REDIS_URL", "redis://:hunter2@cache"), ("WEBHOOK_SECRET", "s")).Warnings
            .ShouldHaveSingleItem().ShouldBe("REDIS_URL is set but not used: the queue lives in PostgreSQL");

    [Fact]
    public void Unsigned_webhooks_are_a_warning() =>
        Read.From().Warnings.ShouldHaveSingleItem().ShouldStartWith("WEBHOOK_SECRET is empty");

    [Fact]
    public void An_alias_that_says_otherwise_is_a_warning()
    {
        var reading = Read.From(("COMFYUI_URL", "http://a"), ("COMFYUI_URLS", "http://b"), ("WEBHOOK_SECRET", "s"));

        reading.Settings!.ComfyUiUrls.ShouldHaveSingleItem().Url.Host.ShouldBe("a");
        reading.Warnings.ShouldHaveSingleItem().ShouldBe("COMFYUI_URLS is ignored, because COMFYUI_URL is set and differs");
    }
}
