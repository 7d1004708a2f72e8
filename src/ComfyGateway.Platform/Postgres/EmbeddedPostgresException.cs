namespace ComfyGateway.Platform.Postgres;

/// <summary>The embedded PostgreSQL cannot run here; the message is for the operator and says what to do.</summary>
public class EmbeddedPostgresException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The gateway runs as root, and the user that PostgreSQL runs as may not enter the data folder.</summary>
public sealed class DataFolderClosedException(string message) : EmbeddedPostgresException(message);
