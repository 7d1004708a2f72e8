using ComfyGateway.Platform.Http;

namespace ComfyGateway.Tests.Platform;

public sealed class CorrelationTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("0198c0de-7000-7000-8000-000000000000")]
    [InlineData("A.b_c-9")]
    [InlineData("...")]
    public void A_well_formed_id_is_taken(string id) => CorrelationMiddleware.Accept(id).ShouldBe(id);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    [InlineData("<script>")]
    [InlineData("é")]
    [InlineData("٣")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    public void Any_other_is_not(string? id) => CorrelationMiddleware.Accept(id).ShouldBeNull();

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        CorrelationMiddleware.Accept(new string('a', 128)).ShouldNotBeNull();
        CorrelationMiddleware.Accept(new string('a', 129)).ShouldBeNull();
    }
}
