using System.Net.Sockets;
using ComfyUi.Simulator.Tests.Conformance;

namespace ComfyUi.Simulator.Tests;

/// <summary>Faults of sockets, connections and the process.</summary>
public sealed class ConnectionFaultTests
{
    [Fact]
    public async Task A_muted_socket_stays_open_and_gets_nothing()
    {
        await using var comfy = await Simulated.Start();
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws?clientId=a");
        await socket.Until("status");

        await comfy.Server.Faults.MuteSockets();
        await comfy.Run(Prompts.Simple());
        socket.Types.ShouldBe(["status"]);

        await comfy.Server.Faults.MuteSockets(muted: false);
        await comfy.Run(Prompts.Simple(color: 2), "second");
        await socket.Until(m => m.Count(f => f["type"] is "status") >= 4);
        socket.IsOver.ShouldBeFalse();
        socket.Types.Count(t => t == "status").ShouldBe(4);
    }

    [Fact]
    public async Task A_dropped_socket_ends_without_a_close_frame()
    {
        await using var comfy = await Simulated.Start();
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws");
        await socket.Until("status");

        await comfy.Post("/__sim/faults", """{"dropSockets": true}""");

        await Eventually.Is(() => Task.FromResult(socket.IsOver));
        socket.CloseStatus.ShouldBeNull();
    }

    [Fact]
    public async Task Refused_connections_come_back_and_the_prompt_has_gone_on()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Post("/prompt", $$"""{"prompt_id": "p", "prompt": {{Prompts.Sleep()}} }""");

        await comfy.Server.Faults.RefuseConnections(TimeSpan.FromSeconds(0.5));

        (await Should.ThrowAsync<HttpRequestException>(() => comfy.Get("/queue"))).InnerException.ShouldBeOfType<SocketException>()
            .SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        await Eventually.Is(() => Answers(comfy));
        await comfy.Ended("p");
    }

    [Fact]
    public async Task A_hanging_server_accepts_connections_and_answers_later()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Get("/queue");

        await comfy.Server.Faults.Hang(TimeSpan.FromSeconds(1));
        using var client = new TcpClient();
        await client.ConnectAsync(comfy.Server.BaseUrl.Host, comfy.Server.BaseUrl.Port, TestContext.Current.CancellationToken);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var (status, _) = await comfy.Get("/queue");

        status.ShouldBe(200);
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public async Task A_crash_takes_everything_and_numbers_start_again()
    {
        await using var comfy = await Simulated.Start();
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws?clientId=a");
        await comfy.Run(Prompts.Simple(), "done");
        await comfy.Post("/prompt", $$"""{"prompt_id": "running", "client_id": "a", "prompt": {{Prompts.Sleep(seconds: 60)}} }""");
        await socket.Until("executing");

        await comfy.Server.Faults.Crash(TimeSpan.FromSeconds(0.3));

        await Should.ThrowAsync<HttpRequestException>(() => comfy.Get("/queue"));
        await Eventually.Is(() => Task.FromResult(socket.IsOver));
        await Eventually.Is(() => Answers(comfy));
        (await comfy.Get("/history")).Body.ShouldBe("{}");
        (await comfy.Get("/queue")).Body.ShouldBe("""{"queue_running": [], "queue_pending": []}""");
        (await comfy.Post("/prompt", $$"""{"prompt": {{Prompts.Simple()}} }""")).Body.ShouldContain("\"number\": 0");
    }

    [Fact]
    public async Task A_list_as_client_id_ends_the_process()
    {
        await using var comfy = await Simulated.Start();
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws");

        (await comfy.Post("/prompt", $$"""{"client_id": ["a"], "prompt": {{Prompts.Simple()}} }""")).Status.ShouldBe(200);

        await Eventually.Is(() => Task.FromResult(socket.IsOver));
    }

    private static async Task<bool> Answers(Simulated comfy)
    {
        try
        {
            return (await comfy.Get("/queue")).Status == 200;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
