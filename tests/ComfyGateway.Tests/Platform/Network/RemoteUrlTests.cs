using ComfyGateway.Platform.Network;

namespace ComfyGateway.Tests.Platform.Network;

public sealed class RemoteUrlTests
{
    private const string NotPublic = "leads to an address that is not public";
    private const string NoUrl = "must be an absolute http or https URL";

    [Theory]
    [InlineData("https://example.com/a.png")]
    [InlineData("http://example.com:8080/a.png?x=1#y")]
    [InlineData("HTTPS://EXAMPLE.COM./a")]
    [InlineData("https://bücher.example/a")]
    [InlineData("https://8.8.8.8/a")]
    [InlineData("https://134744072/a")]
    [InlineData("https://[2606:4700:4700::1111]/a")]
    [InlineData("https://localhost.example.com/")]
    [InlineData("https://notlocalhost/")]
    public void A_url_of_the_internet_is_accepted(string url) => RemoteUrl.Problem(url, allowsPrivate: false).ShouldBeNull();

    [Theory]
    [InlineData("", NoUrl)]
    [InlineData("a.png", NoUrl)]
    [InlineData("/etc/passwd", NoUrl)]
    [InlineData("//example.com/a", NoUrl)]
    [InlineData("file:///etc/passwd", NoUrl)]
    [InlineData("ftp://example.com/a", NoUrl)]
    [InlineData("gopher://127.0.0.1:6379/_INFO", NoUrl)]
    [InlineData("javascript:alert(1)", NoUrl)]
    [InlineData("http:///a", NoUrl)]
    [InlineData("http://exa mple.com/", NoUrl)]
    [InlineData("http://[::1", NoUrl)]
    [InlineData("http://user@example.com/", "must be a URL without user and password")]
    [InlineData("http://user:password@example.com/", "must be a URL without user and password")]
    [InlineData("http://example.com@127.0.0.1/", "must be a URL without user and password")]
    [InlineData("http://localhost/", NotPublic)]
    [InlineData("http://LOCALHOST:3000/", NotPublic)]
    [InlineData("http://localhost./", NotPublic)]
    [InlineData("http://a.localhost/", NotPublic)]
    [InlineData("http://127.0.0.1/", NotPublic)]
    [InlineData("http://127.0.0.1:8188/prompt", NotPublic)]
    [InlineData("http://127.1/", NotPublic)]
    [InlineData("http://2130706433/", NotPublic)]
    [InlineData("http://0x7f000001/", NotPublic)]
    [InlineData("http://0x7f.0.0.1/", NotPublic)]
    [InlineData("http://0177.0.0.1/", NotPublic)]
    [InlineData("http://017700000001/", NotPublic)]
    [InlineData("http://0/", NotPublic)]
    [InlineData("http://127.0.0.1./", NotPublic)]
    [InlineData("http://169.254.169.254/latest/meta-data/", NotPublic)]
    [InlineData("http://2852039166/", NotPublic)]
    [InlineData("http://0xa9fea9fe/", NotPublic)]
    [InlineData("http://10.1.2.3/", NotPublic)]
    [InlineData("http://192.168.0.1:80/", NotPublic)]
    [InlineData("http://[::1]/", NotPublic)]
    [InlineData("http://[::]/", NotPublic)]
    [InlineData("http://[0:0:0:0:0:0:0:1]/", NotPublic)]
    [InlineData("http://[::ffff:127.0.0.1]/", NotPublic)]
    [InlineData("http://[::ffff:7f00:1]/", NotPublic)]
    [InlineData("http://[64:ff9b::7f00:1]/", NotPublic)]
    [InlineData("http://[2002:7f00:1::]/", NotPublic)]
    [InlineData("http://[fe80::1%25eth0]/", NotPublic)]
    [InlineData("http://[fd00:ec2::254]/", NotPublic)]
    public void Any_other_is_refused_with_its_reason(string url, string reason) => RemoteUrl.Problem(url, allowsPrivate: false).ShouldBe(reason);

    [Fact]
    public void The_longest_url_has_2048_characters()
    {
        const string start = "https://example.com/";

        RemoteUrl.Problem(start.PadRight(2048, 'a'), allowsPrivate: false).ShouldBeNull();
        RemoteUrl.Problem(start.PadRight(2049, 'a'), allowsPrivate: false)!.ShouldContain("2048");
    }

    [Theory]
    [InlineData("http://127.0.0.1/", null)]
    [InlineData("http://localhost/", null)]
    [InlineData("http://u@127.0.0.1/", "must be a URL without user and password")]
    public void Private_addresses_may_be_allowed(string url, string? problem) => RemoteUrl.Problem(url, allowsPrivate: true).ShouldBe(problem);

    [Theory]
    [InlineData("*", "https://any.example/", true)]
    [InlineData("a.example", "https://a.example/", true)]
    [InlineData("a.example", "https://A.EXAMPLE./x", true)]
    [InlineData("a.example", "https://b.a.example/", false)]
    [InlineData("a.example", "https://a.example.evil.test/", false)]
    [InlineData("*.a.example", "https://b.a.example/", true)]
    [InlineData("*.a.example", "https://c.b.a.example/", true)]
    [InlineData("*.a.example", "https://a.example/", false)]
    [InlineData("*.a.example", "https://ba.example/", false)]
    [InlineData("xn--bcher-kva.example", "https://bücher.example/", true)]
    [InlineData("[2606:4700::1]", "https://[2606:4700::1]/", true)]
    [InlineData("b.example", "https://a.example/", false)]
    public void A_list_of_hosts_names_hosts(string pattern, string url, bool expected) =>
        HostPatterns.Allow(["other.example", pattern], new Uri(url)).ShouldBe(expected);
}
