namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>Runs, previews, errors and the cache.</summary>
public sealed class SocketConformanceTests
{
    [Theory]
    [InlineData("100", "101")]
    [InlineData("102")]
    [InlineData("103")]
    [InlineData("104", "105")]
    [InlineData("106", "107")]
    [InlineData("119", "120", "121")]
    [InlineData("123")]
    [InlineData("128")]
    [InlineData("145", "146")]
    [InlineData("152", "154")]
    [InlineData("155")]
    [InlineData("160", "161")]
    [InlineData("162", "163")]
    [InlineData("335")]
    [InlineData("336", "337")]
    [InlineData("338")]
    [InlineData("339")]
    [InlineData("345")]
    public Task A_run_sends_the_frames_of(string recording, params string[] after) =>
        SocketConformance.Replay(recording, Comparison.Exact, after);

    [Fact]
    public Task A_cached_run_of_a_deleted_file_sends_the_frames_of_331() =>
        SocketConformance.Replay("331", Comparison.Exact, ["332", "333"], (server, request) =>
        {
            if (request == 1)
            {
                File.Delete(Path.Combine(server.DataPath, "output", "todelete_00001_.png"));
            }
        });
}

/// <summary>Queue, interrupts and several clients.</summary>
public sealed class QueueConformanceTests
{
    [Theory]
    [InlineData("108", "113")]
    [InlineData("140")]
    [InlineData("142")]
    [InlineData("143", "144")]
    [InlineData("312")]
    public Task An_interrupt_sends_the_frames_of(string recording, params string[] after) =>
        SocketConformance.Replay(recording, Comparison.Exact, after);

    [Theory]
    [InlineData("114")]
    [InlineData("122")]
    [InlineData("129", "136", "137")]
    [InlineData("138")]
    [InlineData("147", "151")]
    [InlineData("318", "321")]
    public Task A_queue_sends_the_frames_of(string recording, params string[] after) =>
        SocketConformance.Replay(recording, Comparison.StatusFloats, after);
}

/// <summary>Sockets that come late, twice or again.</summary>
public sealed class ReconnectConformanceTests
{
    [Theory]
    [InlineData("124")]
    [InlineData("125")]
    [InlineData("126")]
    [InlineData("127")]
    public Task A_reconnect_sends_the_frames_of(string recording) =>
        SocketConformance.Replay(recording, Comparison.StepsFloat, []);
}
