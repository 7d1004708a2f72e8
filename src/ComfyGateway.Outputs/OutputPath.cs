using System.Globalization;
using ComfyGateway.Jobs.Contracts;

namespace ComfyGateway.Outputs;

/// <summary>
/// Where the store keeps a job's file: in the folder of the hour (UTC) in which the job was made, under a name that begins with the job's id, as
/// in <c>2026-11-24/09/019ab….png</c> (docs/adr/0031).
/// </summary>
internal static class OutputPath
{
    private const int IdLength = 36;

    /// <param name="jobId">Of version 7: it begins with the time.</param>
    public static string Of(Guid jobId, string name) =>
        At(JobIds.MadeAt(jobId) ?? throw new ArgumentException("The id begins with no time.", nameof(jobId)), jobId, name);

    /// <summary>Whose file this is; null where the path is no output's.</summary>
    public static Guid? JobOf(string path) => path.Split('/') switch
    {
        [_, _, var file] when file.Length > IdLength && Guid.TryParseExact(file.AsSpan(0, IdLength), "D", out var jobId)
            && JobIds.MadeAt(jobId) is { } hour && path == At(hour, jobId, file[(IdLength + 1)..]) => jobId,
        // As earlier versions kept them.
        [var folder, _] when Guid.TryParseExact(folder, "D", out var jobId) => jobId,
        _ => null,
    };

    private static string At(DateTimeOffset hour, Guid jobId, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{hour:yyyy-MM-dd}/{hour:HH}/{jobId}-{name}");
}
