namespace ComfyGateway.Platform.Problems;

/// <summary>The one exception that crosses a slice on purpose: an answer with a stable code.</summary>
public sealed class ProblemException(ProblemCode code, string detail, IReadOnlyDictionary<string, string[]>? errors = null) : Exception(detail)
{
    private static readonly TimeSpan DatabaseRetryAfter = TimeSpan.FromSeconds(2);

    public ProblemCode Code => code;

    /// <summary>Messages by member path, e.g. <c>inputs.steps</c>; empty where the problem is not about a member.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; } = errors ?? new Dictionary<string, string[]>();

    /// <summary>What <c>Retry-After</c> says, where waiting helps.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A <c>DATABASE_UNAVAILABLE</c>, to be tried again soon.</summary>
    public static ProblemException DatabaseAway(string detail) => new(ProblemCode.DatabaseUnavailable, detail) { RetryAfter = DatabaseRetryAfter };

    /// <summary>A <c>VALIDATION_ERROR</c> about one member.</summary>
    public static ProblemException Invalid(string path, string message) => Invalid([(path, message)]);

    /// <summary>A <c>VALIDATION_ERROR</c> about several members; the detail is the first of them.</summary>
    public static ProblemException Invalid(IReadOnlyCollection<(string Path, string Message)> problems)
    {
        var (path, message) = problems.First();
        return new ProblemException(
            ProblemCode.ValidationError,
            path.Length == 0 ? message : $"{path} {message}",
            problems.Where(p => p.Path.Length > 0).GroupBy(p => p.Path).ToDictionary(g => g.Key, g => g.Select(p => p.Message).ToArray()));
    }
}
