using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Npgsql;

namespace ComfyGateway.Platform.Events;

/// <summary>
/// Statements that are sent to PostgreSQL at once. What comes in one exchange of messages is one transaction there, so none has to be begun and
/// committed, which would be two more exchanges.
/// </summary>
public sealed class StatementBatch : IStatements
{
    // The gateway's own statements, of which there are a few dozen.
    private static readonly ConcurrentDictionary<string, Statement> Known = new();

    private readonly List<NpgsqlBatchCommand> _commands = [];

    internal bool IsEmpty => _commands.Count == 0;

    /// <inheritdoc/>
    public void Add(string sql, params object[] values)
    {
        var statement = Known.GetOrAdd(sql, Statement.From);
        if (statement.Places != values.Length)
        {
            throw new InvalidOperationException($"{statement.Places} values are wanted, {values.Length} given: {sql}");
        }

        var command = new NpgsqlBatchCommand(statement.Text);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        _commands.Add(command);
    }

    /// <summary>For <see cref="StatementConnection"/>.</summary>
    /// <returns>How many rows it changed.</returns>
    internal async Task<int> Commit(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        batch.Timeout = StatementConnection.Patience;
        _commands.ForEach(batch.BatchCommands.Add);
        return await batch.ExecuteNonQueryAsync(ct);
    }

    /// <param name="Text">With a number at each place, as PostgreSQL has it.</param>
    private sealed record Statement(string Text, int Places)
    {
        public static Statement From(string sql)
        {
            var (text, places) = (new StringBuilder(sql.Length + 32), 0);
            foreach (var character in sql)
            {
                _ = character == '?' ? text.Append('$').Append((++places).ToString(CultureInfo.InvariantCulture)) : text.Append(character);
            }

            return new Statement(text.ToString(), places);
        }
    }
}
