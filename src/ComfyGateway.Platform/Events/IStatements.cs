namespace ComfyGateway.Platform.Events;

/// <summary>Statements of our own that take effect together with others, or not at all.</summary>
public interface IStatements
{
    /// <param name="sql">With a <c>?</c> for each of <paramref name="values"/>.</param>
    /// <param name="values">An <c>NpgsqlParameter</c> where the type of a value does not tell PostgreSQL's.</param>
    void Add(string sql, params object[] values);
}
