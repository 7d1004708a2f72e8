using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Tests.Dispatch.Runs;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 16)]
    [InlineData(6, 30)]
    [InlineData(1000, 30)]
    public void Pauses_double_up_to_half_a_minute_and_a_quarter_of_each_is_chance(int attempts, double seconds)
    {
        RetryPolicy.Backoff(attempts, 0.5).TotalSeconds.ShouldBe(seconds);
        RetryPolicy.Backoff(attempts, 0).TotalSeconds.ShouldBe(seconds * 0.875);
        RetryPolicy.Backoff(attempts, 1).TotalSeconds.ShouldBe(seconds * 1.125);
    }
}
