namespace ComfyGateway.IntegrationTests;

/// <summary>Graphs for tests that need no model.</summary>
internal static class Graphs
{
    private static int _color;

    /// <summary>A picture that takes its time: made, slept over, saved. No two are the same, so none comes from ComfyUI's cache.</summary>
    public static Dictionary<string, object> Sleep(int steps = 1, double seconds = 0.01, string fail = "none", bool preview = false)
    {
        var color = Interlocked.Increment(ref _color);
        return new()
        {
            ["1"] = new { class_type = "EmptyImage", inputs = new { width = 32, height = 32, batch_size = 1, color } },
            ["2"] = new { class_type = "GatewayTestSleep", inputs = new { image = new object[] { "1", 0 }, steps, seconds, fail, seed = 0, preview } },
            ["3"] = new { class_type = "SaveImage", inputs = new { images = new object[] { "2", 0 }, filename_prefix = "sleep" } },
        };
    }
}
