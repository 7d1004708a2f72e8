namespace ComfyGateway.Platform.Postgres;

/// <summary>The embedded PostgreSQL cannot run here; the message is for the operator and says what to do.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? cause = null) : Exception(message, cause);
