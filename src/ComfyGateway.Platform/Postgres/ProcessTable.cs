using System.Diagnostics;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Looks at processes that need not be children of the gateway.</summary>
internal static class ProcessTable
{
    /// <summary>Whether a live process goes by that name; another program may have got the id of one that ended.</summary>
    public static bool IsPostgres(int processId) => NameOf(processId)?.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>True where the command line shows it; false where it cannot be told.</summary>
    public static bool HasArgument(int processId, string argument)
    {
        try
        {
            return OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{processId}/cmdline").Split('\0').Contains(argument);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? NameOf(int processId)
    {
        try
        {
            return OperatingSystem.IsLinux() ? LinuxName(processId) : Process.GetProcessById(processId).ProcessName;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // "pid (name) state …": a zombie, which a container without an init keeps for ever, counts as gone.
    private static string? LinuxName(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var end = stat.LastIndexOf(')');
        return stat[end + 2] is 'Z' or 'X' ? null : stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end];
    }
}
