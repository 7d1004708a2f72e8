using System.Net;

namespace ComfyGateway.Platform.Settings;

/// <summary>All configuration of the gateway, parsed and checked once at start. One property per environment variable.</summary>
public sealed record GatewaySettings
{
    [Setting("PORT", "3000", "API port", Section = "Server", Min = 0, Max = 65535)]
    public required int Port { get; init; }

    [Setting("HOST", "0.0.0.0", "bind address")]
    public required string Host { get; init; }

    [Setting(
        "COMFYUI_URL", "http://127.0.0.1:8188", "ComfyUI server; a comma-separated list makes a pool; name=url names a backend",
        Section = "ComfyUI", Aliases = ["COMFYUI_URLS"])]
    public required IReadOnlyList<BackendAddress> ComfyUiUrls { get; init; }

    [Setting("COMFYUI_TIMEOUT_MS", "300000", "longest run of one job on ComfyUI, in milliseconds", Min = 1)]
    public required int ComfyUiTimeoutMs { get; init; }

    [Setting("API_KEYS", "", "key:role,key:role; role is admin or user", Section = "Access", Secret = true)]
    public required IReadOnlyList<ApiKey> ApiKeys { get; init; }

    [Setting("JWT_SECRET", "", "HS256 secret of at least 32 bytes; empty = JWT off", Secret = true)]
    public required string JwtSecret { get; init; }

    [Setting(
        "DATABASE_URL", "", "postgres:// URL or Npgsql connection string; empty = the embedded PostgreSQL under DATA_PATH",
        Section = "Database", Secret = true)]
    public required string DatabaseUrl { get; init; }

    [Setting("DATA_PATH", "./data", "where embedded data lives")]
    public required string DataPath { get; init; }

    [Setting("STORAGE_PROVIDER", "local", "local or s3", Section = "Outputs")]
    public required StorageProvider StorageProvider { get; init; }

    [Setting("STORAGE_LOCAL_PATH", "./data/outputs", "local output folder")]
    public required string StorageLocalPath { get; init; }

    [Setting("S3_ENDPOINT", "", "S3, MinIO or any compatible store; path style where it is given")]
    public required string S3Endpoint { get; init; }

    [Setting("S3_BUCKET", "", "S3 bucket")]
    public required string S3Bucket { get; init; }

    [Setting("S3_ACCESS_KEY", "", "S3 access key; both keys empty = the usual AWS places", Secret = true)]
    public required string S3AccessKey { get; init; }

    [Setting("S3_SECRET_KEY", "", "S3 secret key", Secret = true)]
    public required string S3SecretKey { get; init; }

    [Setting("S3_REGION", "us-east-1", "S3 region")]
    public required string S3Region { get; init; }

    [Setting("S3_PREFIX", "", "what the gateway's keys begin with, for a bucket that holds other things too")]
    public required string S3Prefix { get; init; }

    [Setting("S3_SSE", "", "server-side encryption to ask for: AES256 or aws:kms; empty = what the bucket does by itself")]
    public required string S3Encryption { get; init; }

    [Setting("WEBHOOK_SECRET", "", "HMAC secret for webhooks (new,old while rotating); empty = unsigned", Section = "Webhooks", Secret = true)]
    public required IReadOnlyList<string> WebhookSecrets { get; init; }

    [Setting("WEBHOOK_ALLOWED_DOMAINS", "*", "callback hosts: *, host, *.host; comma-separated")]
    public required IReadOnlyList<string> WebhookAllowedDomains { get; init; }

    [Setting("WEBHOOK_ALLOW_PRIVATE", "false", "let callbacks and input URLs reach private addresses")]
    public required bool WebhookAllowPrivate { get; init; }

    [Setting("MAX_CONCURRENCY", "1", "jobs at once per backend (GPU slots)", Section = "Limits", Min = 1, Max = 64)]
    public required int MaxConcurrency { get; init; }

    [Setting("MAX_IMAGE_SIZE", "2048", "largest width or height, in pixels", Min = 1, Max = 65536)]
    public required int MaxImageSize { get; init; }

    [Setting("MAX_BATCH_SIZE", "4", "largest batch", Min = 1, Max = 4096)]
    public required int MaxBatchSize { get; init; }

    [Setting("MAX_QUEUE_DEPTH", "100000", "queued jobs before QUEUE_FULL", Min = 1)]
    public required int MaxQueueDepth { get; init; }

    [Setting("MAX_UPLOAD_BYTES", "52428800", "largest input upload, in bytes", Min = 1)]
    public required long MaxUploadBytes { get; init; }

    [Setting("UPLOAD_TTL_SECONDS", "604800", "how long an unused upload is kept", Min = 1)]
    public required int UploadTtlSeconds { get; init; }

    [Setting("MAX_WORKFLOW_NODES", "2000", "largest graph", Min = 1)]
    public required int MaxWorkflowNodes { get; init; }

    [Setting("MAX_USER_PRIORITY", "0", "highest priority a user may ask for", Min = -100, Max = 100)]
    public required int MaxUserPriority { get; init; }

    [Setting("IDEMPOTENCY_TTL_SECONDS", "604800", "how long a request id is remembered", Min = 1)]
    public required int IdempotencyTtlSeconds { get; init; }

    [Setting("MAX_ATTEMPTS", "3", "tries of a job that failed for a retryable reason", Min = 1, Max = 100)]
    public required int MaxAttempts { get; init; }

    [Setting("ALLOW_INLINE_WORKFLOWS", "false", "users may send raw workflows", Section = "Workflows and cache")]
    public required bool AllowInlineWorkflows { get; init; }

    [Setting("CACHE_ENABLED", "true", "result cache")]
    public required bool CacheEnabled { get; init; }

    [Setting("CACHE_TTL_SECONDS", "86400", "how long a result may be served again", Min = 1)]
    public required int CacheTtlSeconds { get; init; }

    [Setting("CACHE_SCOPE", "owner", "who may be served a cached result: owner (its own owner) or global")]
    public required CacheScope CacheScope { get; init; }

    [Setting("OUTPUT_RETENTION_DAYS", "0", "delete outputs and archive jobs older than this; 0 = keep", Min = 0)]
    public required int OutputRetentionDays { get; init; }

    [Setting("RATE_LIMIT_MAX", "100", "requests per window", Section = "Rate limit", Min = 1)]
    public required int RateLimitMax { get; init; }

    [Setting("RATE_LIMIT_WINDOW_MS", "60000", "window, in milliseconds", Min = 1)]
    public required int RateLimitWindowMs { get; init; }

    [Setting("TRUSTED_PROXIES", "", "addresses or CIDRs whose X-Forwarded-For is believed")]
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    [Setting("LOG_LEVEL", "info", "trace, debug, info, warn, error or fatal", Section = "Operation")]
    public required GatewayLogLevel LogLevel { get; init; }

    [Setting("PRIVACY_MODE", "false", "prompts in no log, and gone from the database once the job has ended")]
    public required bool PrivacyMode { get; init; }

    [Setting("CORS_ORIGINS", "*", "allowed origins, comma-separated")]
    public required IReadOnlyList<string> CorsOrigins { get; init; }

    [Setting("METRICS_ENABLED", "true", "serve /metrics")]
    public required bool MetricsEnabled { get; init; }

    [Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", "OpenTelemetry traces and metrics by OTLP when set")]
    public required string OtlpEndpoint { get; init; }

    [Setting(
        "ASPNETCORE_ENVIRONMENT", "", "Development or Production; empty = Development under dotnet run, else Production",
        Aliases = ["NODE_ENV"])]
    public required GatewayEnvironment Environment { get; init; }

    /// <summary>What this process does: the command line says so, not a variable.</summary>
    public GatewayRole Role { get; init; } = GatewayRole.All;
}

/// <summary>One entry of <c>API_KEYS</c>.</summary>
public sealed record ApiKey(string Key, CallerRole Role);

public enum CallerRole { User, Admin }

public enum StorageProvider { Local, S3 }

public enum CacheScope { Owner, Global }

public enum GatewayRole { All, Api, Worker }

public enum GatewayLogLevel { Trace, Debug, Info, Warn, Error, Fatal }

public enum GatewayEnvironment { Production, Development }
