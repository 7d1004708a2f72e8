using System.Diagnostics;

namespace ComfyUi.Simulator.Tests;

/// <summary>Waits for a condition, generously.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

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
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    public static Task Is(Func<Task<bool>> condition) => Get(async () => await condition() ? "yes" : null);
}
