namespace ComfyGateway.Outputs.Files;

/// <summary>Tells a disk without room from other failures; .NET has no exception of its own for it.</summary>
internal static class DiskFull
{
    // On Unix the errno of ENOSPC and EDQUOT (Linux, macOS), on Windows ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
    private static readonly int[] Unix = [28, 122, 69];
    private static readonly int[] Windows = [unchecked((int)0x80070027), unchecked((int)0x80070070)];

    public static bool Is(IOException exception) => (OperatingSystem.IsWindows() ? Windows : Unix).Contains(exception.HResult);
}
