using ComfyGateway.Platform;
using ComfyGateway.Platform.Network;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ComfyGateway.IntegrationTests.Http;

public sealed class RemoteFetchTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_url_names_is_fetched_and_nothing_is_told_of_the_gateway()
    {
        await using var server = await RemoteServer.Start(c => c.Response.WriteAsync("here"));

        (await Get(server.Url)).ShouldBe("here");

        server.LastHeaders.ShouldBe(["Host"]);
    }

    [Fact]
    public async Task A_name_that_leads_to_this_host_is_not_connected_to()
    {
        await using var server = await RemoteServer.Start(c => c.Response.WriteAsync("secret"));

        var refused = await Should.ThrowAsync<RemoteFetchException>(() => Get(server.Url, allowsPrivate: false));

        refused.Message.ShouldBe("leads to an address that is not public");
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Of_a_name_only_the_resolved_addresses_count()
    {
        await using var server = await RemoteServer.Start(c => c.Response.WriteAsync("secret"));
        // The host's own name is none of those that are known to be private; only what it resolves to is.
        var url = new UriBuilder(server.Url) { Host = System.Net.Dns.GetHostName() }.Uri;

        var refused = await Should.ThrowAsync<RemoteFetchException>(() => Get(url, allowsPrivate: false));

        refused.Message.ShouldBeOneOf("leads to an address that is not public", "names a host that is not known");
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Redirects_are_followed_five_times()
    {
        await using var server = await RemoteServer.Start(c =>
        {
            var left = int.Parse(c.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            if (left > 0)
            {
                (c.Response.StatusCode, c.Response.Headers.Location) = (302, $"/{left - 1}");
                return Task.CompletedTask;
            }

            return c.Response.WriteAsync("arrived");
        });

        (await Get(new Uri(server.Url, "/5"))).ShouldBe("arrived");
        (await Should.ThrowAsync<RemoteFetchException>(() => Get(new Uri(server.Url, "/6")))).Message.ShouldBe("was redirected more than 5 times");
    }

    [Theory]
    [InlineData("ftp://example.com/", "must be an absolute http or https URL")]
    [InlineData("file:///etc/passwd", "must be an absolute http or https URL")]
    [InlineData("http://user:password@example.com/", "must be a URL without user and password")]
    public async Task Where_a_redirect_leads_is_checked_like_the_first_url(string location, string reason)
    {
        await using var server = await RemoteServer.Start(c =>
        {
            (c.Response.StatusCode, c.Response.Headers.Location) = (301, location);
            return Task.CompletedTask;
        });

        (await Should.ThrowAsync<RemoteFetchException>(() => Get(server.Url))).Message.ShouldBe(reason);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(304)]
    [InlineData(302)]
    public async Task An_answer_without_the_file_says_its_status(int status)
    {
        await using var server = await RemoteServer.Start(c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        (await Should.ThrowAsync<RemoteFetchException>(() => Get(server.Url))).Message.ShouldBe($"was answered with {status}");
    }

    [Fact]
    public async Task A_server_that_does_not_come_to_an_end_is_left()
    {
        var clock = new FakeTimeProvider();
        await using var server = await RemoteServer.Start(async c =>
        {
            await c.Response.WriteAsync("begun");
            await c.Response.Body.FlushAsync();
            clock.Advance(RemoteFetch.Patience);
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        (await Should.ThrowAsync<RemoteFetchException>(() => Get(server.Url, clock: clock))).Message.ShouldBe("took longer than 30 s");
    }

    [Fact]
    public async Task A_connection_that_breaks_is_no_file()
    {
        await using var server = await RemoteServer.Start(async c =>
        {
            c.Response.ContentLength = 1000;
            await c.Response.WriteAsync("half");
            await c.Response.Body.FlushAsync();
            c.Abort();
        });

        (await Should.ThrowAsync<RemoteFetchException>(() => Get(server.Url))).Message.ShouldBe("cannot be reached, or the connection broke");
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_said_to_be_so() =>
        (await Should.ThrowAsync<RemoteFetchException>(() => Get(new Uri($"http://127.0.0.1:{FreePort.Take()}/")))).Message.ShouldBe("cannot be reached, or the connection broke");

    private static async Task<string> Get(Uri url, bool allowsPrivate = true, TimeProvider? clock = null)
    {
        var settings = TestSettings.Read(new Dictionary<string, string> { ["WEBHOOK_ALLOW_PRIVATE"] = allowsPrivate ? "true" : "false" });
        await using var services = new ServiceCollection().AddSingleton(settings).AddSingleton(clock ?? TimeProvider.System).AddGuardedHttp().BuildServiceProvider();
        return await services.GetRequiredService<RemoteFetch>().Get(url, (body, ct) => new StreamReader(body).ReadToEndAsync(ct), Ct);
    }
}
