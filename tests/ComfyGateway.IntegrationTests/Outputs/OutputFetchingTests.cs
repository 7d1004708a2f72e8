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

    [Fact]
    public async Task A_prompt_is_not_run_again_for_a_store_that_does_not_work()
    {
        var folder = Directory.CreateTempSubdirectory("cg-store-");
        var store = Path.Combine(folder.FullName, "outputs");
        await using (var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["STORAGE_LOCAL_PATH"] = store }))
        {
            Directory.Delete(store, recursive: true);
            await File.WriteAllTextAsync(store, "not a folder", TestContext.Current.CancellationToken);

            var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));

            job.GetProperty("error").GetProperty("code").GetString().ShouldBe("OUTPUT_STORE_FAILED", job.GetRawText());
            job.GetProperty("error").GetProperty("retryable").GetBoolean().ShouldBeTrue();
            job.GetProperty("error").GetRawText().ShouldNotContain(folder.FullName);
            job.GetProperty("attempts").GetInt32().ShouldBe(1);
            gateway.Simulator.Statistics.Snapshot().ReceivedPrompts.ShouldBe(1);
        }

        folder.Delete(recursive: true);
    }
}
