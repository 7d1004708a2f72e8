using System.Text.Json;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Jobs.Features;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using Marten;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class JobEventStreamTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    private const string Prompt = "p1";

    private static readonly DateTimeOffset At = new(2026, 11, 30, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Progress_is_told_of_an_attempt_that_runs_and_no_more_once_the_job_waits_again()
    {
        var jobId = await Accepted();
        await Append(jobId, new JobSubmitted(1, "gpu0", Prompt, At), new JobStarted(At));
        Part<ProgressBoard>().Begin(jobId, new RunProgress(Prompt, GraphShape.Of(JsonElement.Parse("{}")), [], reached: 40));

        (await Told(jobId, until: "progress")).ShouldBe(["queued", "started", "progress"]);
        await Append(jobId, new JobRequeued(new JobError("COMFYUI_UNREACHABLE", "gone", true, null, null, null, 1), At, At));
        (await Told(jobId, until: "canceled")).ShouldBe(["queued", "started", "requeued", "canceled"]);
    }

    /// <summary>What somebody hears who begins to listen now. Once the job waits again it is canceled.</summary>
    private async Task<IReadOnlyList<string>> Told(Guid jobId, string until)
    {
        await using var session = Part<IDocumentStore>().QuerySession();
        var stream = new StreamJobEvents.Handler(session, Part<JobTails>(), Part<IJobQueue>(), TimeProvider.System);
        var told = new List<string>();
        await foreach (var item in await stream.Handle(new StreamJobEvents.Query($"{jobId}", 0, new Caller("admin", CallerRole.Admin, "")), Ct))
        {
            told.Add(item.EventType);
            if (item.EventType == until)
            {
                break;
            }

            if (item.EventType == "requeued")
            {
                await Append(jobId, new JobCanceled(At));
            }
        }

        return told;
    }

    private Task<Job> Append(Guid jobId, params object[] events) => Part<IJobLedger>().Append(jobId, _ => events, alongside: null, Ct);
}
