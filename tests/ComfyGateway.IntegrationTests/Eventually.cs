using System.Diagnostics;

namespace ComfyGateway.IntegrationTests;

/// <summary>Waits for a condition instead of a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task Holds(Func<Task<bool>> condition, TimeSpan? patience = null, Func<string>? otherwise = null)
    {
        var limit = patience ?? TimeSpan.FromSeconds(60);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
            {
                throw new TimeoutException($"It did not come to hold within {limit}: {otherwise?.Invoke()}");
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
