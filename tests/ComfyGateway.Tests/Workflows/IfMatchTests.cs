using ComfyGateway.Workflows;
using Microsoft.Extensions.Primitives;

namespace ComfyGateway.Tests.Workflows;

public sealed class IfMatchTests
{
    [Theory]
    [InlineData("\"3\"", true)]
    [InlineData("*", true)]
    [InlineData("\"2\", \"3\"", true)]
    [InlineData("W/\"2\", \"3\"", true)]
    [InlineData("\"2\"", false)]
    [InlineData("W/\"3\"", false)]
    [InlineData("3", false)]
    [InlineData("\"3", false)]
    [InlineData("\"*\"", false)]
    [InlineData("", false)]
    public void It_allows_the_version_that_it_names(string header, bool allows) => new IfMatch(header).Allows(3).ShouldBe(allows);

    [Fact]
    public void Where_it_is_not_sent_every_version_is_allowed() => new IfMatch(StringValues.Empty).Allows(3).ShouldBeTrue();

    [Fact]
    public void It_may_come_in_several_headers() => new IfMatch(new StringValues(["\"2\"", "\"3\""])).Allows(3).ShouldBeTrue();
}
