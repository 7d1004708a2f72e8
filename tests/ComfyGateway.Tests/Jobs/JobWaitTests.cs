using ComfyGateway.Jobs;
using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Tests.Jobs;

public sealed class JobWaitTests
{
    [Theory]
    [InlineData(null, 0)]
    [InlineData("0", 0)]
    [InlineData("007", 7)]
    [InlineData("60", 60)]
    [InlineData("61", 60)]
    [InlineData("99999999999", 60)]
    [InlineData("99999999999999999999999999999999999999999", 60)]
    public void More_than_the_longest_wait_counts_as_it(string? wait, int seconds) => JobWait.Seconds(wait).ShouldBe(seconds);

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("1e3")]
    public void Anything_but_a_whole_number_is_refused(string wait) => Should.Throw<ProblemException>(() => JobWait.Seconds(wait));

    [Theory]
    [InlineData("wait=5", 5)]
    [InlineData("respond-async, wait=5", 5)]
    [InlineData("Wait=5", 5)]
    [InlineData("wait=\"5\"", 5)]
    [InlineData("wait=99999999999", 60)]
    [InlineData("wait=soon", 0)]
    [InlineData("wait=", 0)]
    [InlineData("wait", 0)]
    [InlineData("", 0)]
    public void A_preference_is_read_as_http_has_it(string prefer, int seconds) => JobWait.Preferred([prefer]).ShouldBe(seconds);
}
