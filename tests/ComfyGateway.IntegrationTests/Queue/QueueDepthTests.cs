using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs.Features;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using MediatR;

namespace ComfyGateway.IntegrationTests.Queue;

public sealed class QueueDepthTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    [Fact]
    public async Task A_waiting_job_that_is_canceled_leaves_its_room_to_another_at_once()
    {
        var jobId = await Accepted();
        Part<QueueDepth>().Waiting.ShouldBe(1);

        await Part<IMediator>().Send(new CancelJob.Command($"{jobId}", new Caller("admin", CallerRole.Admin, "")), Ct);

        Part<QueueDepth>().Waiting.ShouldBe(0);
    }
}
