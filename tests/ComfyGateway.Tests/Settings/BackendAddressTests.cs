using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

public sealed class BackendAddressTests
{
    [Fact]
    public void A_list_makes_a_pool_named_by_position_unless_named() =>
        Parse("http://a:8188/, big=https://user:pass@b/comfy/ ,http://c").ShouldBe(
            [("gpu0", "http://a:8188"), ("big", "https://user:pass@b/comfy"), ("gpu2", "http://c")]);

    [Fact]
    public void The_plural_names_the_same_setting() =>
        Read.Good(("COMFYUI_URLS", "http://a,http://b")).ComfyUiUrls.Count.ShouldBe(2);

    [Theory]
    [InlineData("ftp://a")]
    [InlineData("a:8188")]
    [InlineData("127.0.0.1")]
    [InlineData("http://")]
    [InlineData("http://a?x=1")]
    [InlineData("http://a/#top")]
    [InlineData("http://a?")]
    [InlineData("http://a:99999")]
    [InlineData("bad name=http://a")]
    [InlineData("-x=http://a")]
    [InlineData("=http://a")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123456=http://a")]
    [InlineData(",")]
    public void Anything_but_a_plain_server_url_is_a_problem(string text) =>
        Read.OnlyProblem(("COMFYUI_URL", text)).ShouldStartWith($"COMFYUI_URL: found \"{text.Replace("x=1", "***").Replace("top", "***")}\"");

    [Theory]
    [InlineData("a=http://x,A=http://y", "the name \"A\" twice")]
    [InlineData("gpu1=http://x,http://y", "the name \"gpu1\" twice")]
    [InlineData("http://x,http://x/", "\"http://x\" twice")]
    [InlineData("http://x,http://X:80", "\"http://X:80\" twice")]
    [InlineData("http://one:secret@x,http://two:secret@x", "\"http://***@x\" twice")]
    public void A_name_or_a_server_comes_once(string text, string found) =>
        Read.OnlyProblem(("COMFYUI_URL", text)).ShouldStartWith($"COMFYUI_URL: found {found}, accepted: ");

    [Fact]
    public void A_bad_entry_of_a_list_is_told_by_its_place() =>
        Read.OnlyProblem(("COMFYUI_URL", "http://a,ftp://b")).ShouldStartWith("COMFYUI_URL: found \"ftp://b\" (entry 2), accepted: http://");

    private static IEnumerable<(string, string)> Parse(string text) =>
        Read.Good(("COMFYUI_URL", text)).ComfyUiUrls.Select(backend => (backend.Id, backend.Url.OriginalString));
}
