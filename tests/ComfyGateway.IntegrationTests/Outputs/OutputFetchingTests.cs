namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>Outputs on their way from ComfyUI into a store, when that takes its time or does not work.</summary>
public sealed class OutputFetchingTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_file_may_take_longer_than_30_seconds_as_long_as_it_gets_on()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var size = (await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin))).GetProperty("outputs")[0].GetProperty("size").GetInt32();
        await gateway.Simulator.Faults.SlowView(size / 40);

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
    }
}
