using System.Globalization;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>How much chaos: a little in the ordinary test run, more with <c>make chaos</c>.</summary>
internal static class ChaosSettings
{
    private static readonly Lock Writing = new();

    public static int Kills => Number("CHAOS_KILLS") ?? 3;

    public static int Jobs => Number("CHAOS_JOBS") ?? 40;

    public static int Subscribers => Number("CHAOS_SUBSCRIBERS") ?? 100;

    /// <summary>Decides every random moment. A run that failed prints its seed, and is repeated with it.</summary>
    public static int Seed => Number("CHAOS_SEED") ?? Random.Shared.Next();

    /// <summary>A line for the person who looks at the run, kept in the file <c>CHAOS_SUMMARY</c> where that is set.</summary>
    public static void Tell(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("CHAOS_SUMMARY") is { Length: > 0 } file)
        {
            lock (Writing)
            {
                File.AppendAllText(file, line + Environment.NewLine);
            }
        }
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
