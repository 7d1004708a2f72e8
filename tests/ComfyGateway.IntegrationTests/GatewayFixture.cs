namespace ComfyGateway.IntegrationTests;

/// <summary>One gateway for the tests of a class.</summary>
public class GatewayFixture(PostgresFixture postgres) : IAsyncLifetime
{
    public TestGateway Gateway { get; private set; } = null!;

    /// <summary>Settings that differ from those of other tests.</summary>
    protected virtual IReadOnlyDictionary<string, string>? Settings => null;

    public async ValueTask InitializeAsync() => Gateway = await TestGateway.Start(postgres, Settings);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Gateway.DisposeAsync();
    }
}

/// <summary>A test class whose tests share one gateway.</summary>
public abstract class GatewayTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    protected TestGateway Gateway { get; } = fixture.Gateway;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;
}
