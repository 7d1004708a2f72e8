using System.Diagnostics;

namespace ComfyUi.Simulator.Tests;

/// <summary>Waits for a condition, generously.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<T> Get<T>(Func<Task<T?>> get)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await get() is { } found)
            {
                return found;
            }

            watch.Elapsed.ShouldBeLessThan(Limit);
            await Task.Yield();
        }
    }

    public static Task Is(Func<Task<bool>> condition) => Get(async () => await condition() ? "yes" : null);
}
