using System.Diagnostics;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>
/// Jobs run on two ComfyUIs while one part is killed again and again, at random moments. Whatever falls, each accepted job succeeds, and
/// no GPU does its work twice unless it was lost. <c>make chaos</c> runs more of it.
/// </summary>
public sealed class ChaosTests
{
    // Jobs are sent over the whole of a run, and this many ahead, so that there is always a queue.
    private const int Lead = 12;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_killed_gateway_loses_no_job_and_runs_none_twice() => Run(
        "gateway",
        (stage, random) => stage.KillGateway(waits: random.Next(4) > 0),
        (executions, records) => executions.ShouldBeOneForEach(records));

    [Fact]
    public Task A_killed_comfyui_costs_only_the_runs_that_it_had() => Run(
        "ComfyUI",
        (stage, random) => stage.KillComfy(random.Next(2), TimeSpan.FromMilliseconds(random.Next(1000))),
        (executions, records) => executions.ShouldBeRepeatedOnlyWhereLost(records));

    [Fact]
    public Task A_killed_postgres_loses_no_job_and_runs_none_twice() => Run(
        "PostgreSQL",
        (stage, random) => stage.KillPostgres(waits: random.Next(4) > 0),
        (executions, records) => executions.ShouldBeOneForEach(records));

    private static async Task Run(string victim, Func<Stage, Random, Task> kill, Action<Executions, IReadOnlyList<JobRecord>> judge)
    {
        var seed = ChaosSettings.Seed;
        TestContext.Current.TestOutputHelper!.WriteLine($"CHAOS_SEED={seed}");
        await using var stage = await Stage.Start();
        try
        {
            ChaosSettings.Tell($"| {victim} | {await Run(stage, seed, kill, judge)} | {seed} |");
        }
        catch
        {
            stage.Errors().ToList().ForEach(TestContext.Current.TestOutputHelper.WriteLine);
            throw;
        }
    }

    private static async Task<string> Run(Stage stage, int seed, Func<Stage, Random, Task> kill, Action<Executions, IReadOnlyList<JobRecord>> judge)
    {
        var watch = Stopwatch.StartNew();
        var load = new Load(stage.Client, new Random(seed));
        var kills = 0;

        var killing = KillAll(stage, kill, new Random(seed + 1), () => kills++);
        await load.Submit(ChaosSettings.Jobs, () => killing.IsCompleted ? int.MaxValue : Lead + (ChaosSettings.Jobs * kills / ChaosSettings.Kills));
        await killing;
        await load.UntilAllSucceeded();
        await load.EachHasItsOutput();
        await stage.StopGateway();

        var records = await JobRecord.ReadAll(stage.DataPath);
        load.Accepted.Except(records.Select(r => r.Id)).ShouldBeEmpty();
        foreach (var record in records)
        {
            record.ShouldEndOnce();
            record.ShouldBeReproducible();
        }

        var executions = await Executions.Read(stage.EveryComfy, records);
        judge(executions, records);
        return $"{kills} | {load.Accepted.Count} | {load.Unanswered} | {executions.Count} | {executions.Lost} | {executions.LostAtTheEnd} | {watch.Elapsed.TotalSeconds:0} s";
    }

    private static async Task KillAll(Stage stage, Func<Stage, Random, Task> kill, Random random, Action killed)
    {
        for (var n = 0; n < ChaosSettings.Kills; n++)
        {
            // The one place where a test waits for a time: the moment of a kill is a matter of chance.
            await Task.Delay(random.Next(2000), Ct);
            await kill(stage, random);
            killed();
        }

        await stage.UntilReady();
    }
}
