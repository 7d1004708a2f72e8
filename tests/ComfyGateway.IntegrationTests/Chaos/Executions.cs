using System.Globalization;
using ComfyGateway.IntegrationTests.Processes;
using ComfyGateway.Jobs;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>One time that a ComfyUI executed a prompt.</summary>
/// <param name="FinishedAt">Null where the ComfyUI was killed before.</param>
/// <param name="LostAt">When that ComfyUI was killed, if it was.</param>
internal sealed record Execution(string PromptId, DateTimeOffset ReceivedAt, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, DateTimeOffset? LostAt);

/// <summary>What the ComfyUIs executed, by their own journals, and for which job.</summary>
internal sealed class Executions
{
    // Longer than fetching outputs takes, however busy the machine is.
    private static readonly TimeSpan LongestCollection = TimeSpan.FromSeconds(10);

    private readonly Dictionary<Guid, Execution[]> _ofJob;

    private Executions(Dictionary<Guid, Execution[]> ofJob) => _ofJob = ofJob;

    public int Count => _ofJob.Values.Sum(e => e.Length);

    /// <summary>Executions that came to nothing because their ComfyUI was killed.</summary>
    public int Lost => Count - _ofJob.Count;

    /// <summary>Those among them that had ended, and whose outputs the gateway had not fetched yet.</summary>
    public int LostAtTheEnd => _ofJob.Values.Sum(e => e.SkipLast(1).Count(x => x.FinishedAt is not null));

    public static async Task<Executions> Read(IReadOnlyList<SimulatorProgram> simulators, IReadOnlyList<JobRecord> records)
    {
        var jobOf = records
            .SelectMany(r => r.Events.Select(e => e.Data).OfType<JobSubmitted>().Select(s => (s.PromptId, r.Id)))
            .ToDictionary(s => s.PromptId, s => s.Id);
        var executions = new List<Execution>();
        foreach (var simulator in simulators)
        {
            executions.AddRange(await Read(simulator));
        }

        // What runs without a record of it could not be found again after a crash.
        executions.Select(e => e.PromptId).Except(jobOf.Keys).ShouldBeEmpty();
        return new Executions(executions.GroupBy(e => jobOf[e.PromptId]).ToDictionary(g => g.Key, g => g.OrderBy(e => e.StartedAt).ToArray()));
    }

    public void ShouldBeOneForEach(IReadOnlyList<JobRecord> records)
    {
        foreach (var record in records)
        {
            Of(record).Length.ShouldBe(1, record.Story());
            Of(record)[0].FinishedAt.ShouldNotBeNull(record.Story());
            record.View["attempts"]!.GetValue<int>().ShouldBe(1, record.Story());
        }
    }

    /// <summary>A job runs again only where the ComfyUI that had it was killed, only after that, and only while the outputs were still there alone.</summary>
    public void ShouldBeRepeatedOnlyWhereLost(IReadOnlyList<JobRecord> records)
    {
        foreach (var record in records)
        {
            var executions = Of(record);
            executions.ShouldNotBeEmpty(record.Story());
            executions[^1].FinishedAt.ShouldNotBeNull(record.Story());
            foreach (var (first, again) in executions.Zip(executions.Skip(1)))
            {
                first.LostAt.ShouldNotBeNull(record.Story());
                again.ReceivedAt.ShouldBeGreaterThan(first.LostAt.Value, record.Story());
                (first.LostAt - first.FinishedAt ?? TimeSpan.Zero).ShouldBeLessThan(LongestCollection, record.Story());
            }
        }
    }

    private Execution[] Of(JobRecord record) => _ofJob.GetValueOrDefault(record.Id, []);

    private static async Task<IEnumerable<Execution>> Read(SimulatorProgram simulator)
    {
        await using var file = new FileStream(simulator.Journal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var lines = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var steps = lines.Select(l => l.Split(' ', 3)).Select(l => (At: DateTimeOffset.Parse(l[0], CultureInfo.InvariantCulture), What: l[1], PromptId: l[2])).ToArray();
        return steps.Where(s => s.What == "started").Select(started => new Execution(
            started.PromptId,
            steps.First(s => s.What == "received" && s.PromptId == started.PromptId).At,
            started.At,
            steps.Where(s => s.What == "finished" && s.PromptId == started.PromptId && s.At >= started.At).Select(s => (DateTimeOffset?)s.At).FirstOrDefault(),
            simulator.KilledAt));
    }
}
