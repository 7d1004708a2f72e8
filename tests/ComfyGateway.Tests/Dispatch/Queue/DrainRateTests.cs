using ComfyGateway.Dispatch.Queue;

namespace ComfyGateway.Tests.Dispatch.Queue;

public sealed class DrainRateTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DrainRate _drain = new();

    [Fact]
    public void Nothing_is_said_before_five_seconds()
    {
        Read(second: 0, left: 100);
        Read(second: 4, left: 104);
        _drain.Latest.ShouldBeNull();

        Read(second: 5, left: 105);
        _drain.Latest.ShouldBe(new(5, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Only_the_last_minute_counts()
    {
        for (var second = 0; second <= 90; second++)
        {
            Read(second, left: second <= 60 ? second * 10 : 600 + (second - 60));
        }

        // 30 s at ten a second, 30 s at one.
        _drain.Latest.ShouldBe(new(330, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Where_none_leaves_that_is_known_too()
    {
        Read(second: 0, left: 7);
        Read(second: 50, left: 7);

        _drain.Latest.ShouldBe(new(0, TimeSpan.FromSeconds(50)));
    }

    [Fact]
    public void A_count_that_begins_anew_is_read_anew()
    {
        Read(second: 0, left: 1000);
        Read(second: 10, left: 1010);
        Read(second: 11, left: 2);
        _drain.Latest.ShouldBeNull();

        Read(second: 21, left: 12);
        _drain.Latest.ShouldBe(new(10, TimeSpan.FromSeconds(10)));
    }

    private void Read(int second, long left) => _drain.Read(left, Start.AddSeconds(second));
}
