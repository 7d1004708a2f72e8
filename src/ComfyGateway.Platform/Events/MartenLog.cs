using Marten;
using Marten.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Platform.Events;

/// <summary>
/// What Marten tells of its statements. Each failure also reaches the caller, who tries again, answers or logs it: here it is for whoever
/// looks into a fault. Marten's own would log a lost race as an error, and with the parameters also prompts.
/// </summary>
internal sealed partial class MartenLog(ILogger<IDocumentStore> logger) : IMartenLogger, IMartenSessionLogger
{
    public IMartenSessionLogger StartSession(IQuerySession session) => this;

    public void SchemaChange(string sql) => LogSchema(logger, sql);

    public void LogFailure(NpgsqlCommand command, Exception ex) => LogFailed(logger, ex, command.CommandText);

    public void LogFailure(NpgsqlBatch batch, Exception ex) => LogFailed(logger, ex, string.Join("; ", batch.BatchCommands.Cast<NpgsqlBatchCommand>().Select(c => c.CommandText)));

    public void LogFailure(Exception ex, string message) => LogFailed(logger, ex, message);

    public void LogSuccess(NpgsqlCommand command)
    {
    }

    public void LogSuccess(NpgsqlBatch batch)
    {
    }

    public void RecordSavedChanges(IDocumentSession session, IChangeSet commit)
    {
    }

    public void OnBeforeExecute(NpgsqlCommand command)
    {
    }

    public void OnBeforeExecute(NpgsqlBatch batch)
    {
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Changing the schema: {Sql}")]
    private static partial void LogSchema(ILogger logger, string sql);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Did not succeed: {Statement}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string statement);
}
