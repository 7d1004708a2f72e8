namespace ComfyUi.Client.Tests.Harness;

/// <summary>How long a test waits for something before it fails. Generous: it is reached only when something is broken.</summary>
internal static class Limit
{
    public static CancellationToken Token()
    {
        var both = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        both.CancelAfter(TimeSpan.FromSeconds(60));
        return both.Token;
    }
}
