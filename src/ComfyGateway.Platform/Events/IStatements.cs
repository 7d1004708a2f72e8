namespace ComfyGateway.Platform.Events;

/// <summary>Statements of our own that take effect together with others, or not at all.</summary>
public interface IStatements
{
    /// <param name="sql">With a <c>?</c> for each of <paramref name="values"/>.</param>
    void Add(string sql, params object[] values);
}
