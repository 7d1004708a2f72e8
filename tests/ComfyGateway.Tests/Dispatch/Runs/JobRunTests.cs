using System.Text.Json;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Tests.Dispatch.Runs;

/// <summary>A gateway that stood still goes on with runs whose jobs may be elsewhere by now.</summary>
public sealed class JobRunTests : IDisposable
{
    private const string Prompt = "prompt";
    private const string BackToQueue = "update";

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly JobError Away = RunFailure.Away("first");

    private readonly AbsentBackend _absent = new();
    private readonly Ledger _ledger = new();

    public void Dispose() => _absent.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("another prompt")]
    public async Task The_end_of_a_prompt_that_is_no_longer_the_jobs_changes_nothing(string? promptNow)
    {
        using var run = Run();
        _ledger.Job = _ledger.Job with { PromptId = promptNow, Status = JobStatus.Queued };

        await run.RecordEnd(j => j.Requeue(Away, Now, Now), statements => statements.Add(BackToQueue));

        _ledger.Events.ShouldBeEmpty();
        _ledger.Statements.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_start_of_a_prompt_that_is_no_longer_the_jobs_changes_nothing()
    {
        using var run = Run();
        _ledger.Job = _ledger.Job with { PromptId = null, Status = JobStatus.Queued };

        run.Started();
        await _ledger.Asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        _ledger.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_end_of_the_jobs_own_prompt_is_recorded_with_its_start_and_what_goes_with_it()
    {
        using var run = Run();
        run.Started();

        await run.RecordEnd(j => j.Requeue(Away, Now, Now), statements => statements.Add(BackToQueue));

        _ledger.Events.Select(e => e.GetType()).ShouldBe([typeof(JobStarted), typeof(JobRequeued)]);
        _ledger.Statements.ShouldBe([BackToQueue]);
    }

    private JobRun Run()
    {
        var shape = GraphShape.Of(JsonElement.Parse("{}"));
        var board = new ProgressBoard();
        return new JobRun(
            _ledger.Job, 0, _absent.Backend, Prompt, new JobGraph(default, new HashSet<string>()), board.Begin(_ledger.Job.Id, new RunProgress(Prompt, shape, [], 0)), shape,
            new RunRecords(_ledger, board, TimeProvider.System, CancellationToken.None));
    }

    private sealed class Ledger : IJobLedger, IStatements
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Job Job { get; set; } =
            new(Guid.CreateVersion7(), "sleep", 1, null, "owner", new Dictionary<string, JsonElement>(), 1000, "", JobStatus.Queued) { PromptId = Prompt, Backend = "first", Attempts = 1 };

        public List<object> Events { get; } = [];

        public List<string> Statements { get; } = [];

        public Task Asked => _asked.Task;

        public Task<Job?> Find(Guid jobId, CancellationToken ct) => Task.FromResult<Job?>(Job);

        public Task<Job> Append(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside, CancellationToken ct)
        {
            foreach (var e in decide(Job).ToArray())
            {
                Events.Add(e);
                Job = Job.After(e);
            }

            alongside?.Invoke(this);
            _asked.TrySetResult();
            return Task.FromResult(Job);
        }

        public void Add(string sql, params object[] values) => Statements.Add(sql);
    }
}
