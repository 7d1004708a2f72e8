using System.Data.Common;
using Marten;
using Marten.Internal.Operations;
using Marten.Storage;
using Npgsql;
using Weasel.Core;
using Weasel.Storage;

namespace ComfyGateway.Platform.Events;

/// <summary>Statements of our own in a session's transaction.</summary>
public static class SqlOperations
{
    /// <summary>What <paramref name="session"/> will commit, as a place for statements.</summary>
    public static IStatements Statements(this IDocumentOperations session) => new SessionStatements(session);

    /// <summary>Waits until no other transaction, on whichever gateway, has done this for the same <paramref name="what"/> and is still open. Begin the session's before.</summary>
    public static async Task OneByOne(this IDocumentSession session, string what, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(session);
        await using var take = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended($1, 0))") { Parameters = { new() { Value = what } } };
        await session.ExecuteAsync(take, ct);
    }

    /// <summary>
    /// Does what Marten's <c>QueueSqlCommand</c> does, but leaves the types of the values to Npgsql, which has them at hand: Marten looks each of
    /// them up in a list of all types.
    /// </summary>
    /// <param name="sql">With a <c>?</c> for each of <paramref name="values"/>.</param>
    private static void QueueSql(this IDocumentOperations session, string sql, params object[] values) => session.QueueOperation(new SqlOperation(sql, values));

    private sealed class SessionStatements(IDocumentOperations session) : IStatements
    {
        public void Add(string sql, params object[] values) => session.QueueSql(sql, values);
    }

    private sealed class SqlOperation(string sql, object[] values) : Weasel.Storage.IStorageOperation, NoDataReturnedCall
    {
        // Of no document, as Marten says it: any other type would be given a table.
        public Type DocumentType => typeof(StorageFeatures);

        public OperationRole Role() => OperationRole.Other;

        public void ConfigureCommand(ICommandBuilder builder, IStorageSession session)
        {
            var parameters = builder.AppendWithDbParameters(sql);
            if (parameters.Length != values.Length)
            {
                throw new InvalidOperationException($"{parameters.Length} values are wanted, {values.Length} given: {sql}");
            }

            foreach (var (parameter, value) in parameters.Zip(values))
            {
                // The builder makes each of them a text.
                parameter.ResetDbType();
                parameter.Value = value;
            }
        }

        public Task PostprocessAsync(DbDataReader reader, IList<Exception> exceptions, CancellationToken token) => Task.CompletedTask;
    }
}
