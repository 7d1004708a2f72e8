using System.Net;
using System.Net.Sockets;
using System.Text;
using ComfyUi.Client.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace ComfyUi.Client.Tests;

public sealed class FailureTests
{
    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable_and_got_nothing()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}");
        port.Stop();

        var error = await Should.ThrowAsync<ComfyUiException>(() => Client(url).GetQueue(Limit.Token()));

        (error.Kind, error.NotSent, error.Status).ShouldBe((ComfyUiFailure.Unreachable, true, null));
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_may_have_delivered_the_request()
    {
        await using var server = await ReplayServer.Start(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        var error = await Should.ThrowAsync<ComfyUiException>(() => server.Client().Interrupt("a", Limit.Token()));

        (error.Kind, error.NotSent).ShouldBe((ComfyUiFailure.Unreachable, false));
    }

    [Fact]
    public async Task A_connection_that_breaks_within_the_answer_is_unreachable()
    {
        await using var server = await ReplayServer.Start(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync("{\"queue_running\": ["u8.ToArray());
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        var error = await Should.ThrowAsync<ComfyUiException>(() => server.Client().GetQueue(Limit.Token()));

        error.Kind.ShouldBe(ComfyUiFailure.Unreachable);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frozen_server_is_a_timeout_even_in_the_middle_of_the_body(bool headersFirst)
    {
        await using var server = await ReplayServer.Start(async context =>
        {
            if (headersFirst)
            {
                await context.Response.Body.WriteAsync("{"u8.ToArray());
                await context.Response.Body.FlushAsync();
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        var error = await Should.ThrowAsync<ComfyUiException>(
            () => Client(server.Url, TimeSpan.FromMilliseconds(300)).GetQueue(Limit.Token()));

        error.Kind.ShouldBe(ComfyUiFailure.Timeout);
    }

    [Fact]
    public async Task A_server_that_does_not_begin_with_a_file_is_a_timeout_by_the_clients_own_patience()
    {
        await using var server = await ReplayServer.Start(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        ComfyUiClient.Configure(http, server.Url);

        var error = await Should.ThrowAsync<ComfyUiException>(
            () => new ComfyUiClient(http, TimeSpan.FromMilliseconds(300)).View(new OutputFile("1", "images", "x.png", "", "output"), Limit.Token()));

        error.Kind.ShouldBe(ComfyUiFailure.Timeout);
    }

    [Fact]
    public async Task The_callers_cancellation_is_not_a_failure_of_the_server()
    {
        using var asked = new SemaphoreSlim(0);
        await using var server = await ReplayServer.Start(async context =>
        {
            asked.Release();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var cancel = new CancellationTokenSource();

        var call = server.Client().GetQueue(cancel.Token);
        await asked.WaitAsync(Limit.Token());
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("{\"queue_running\": [")]
    [InlineData("]")]
    [InlineData("-")]
    public async Task An_answer_that_makes_no_sense_is_unreadable(string body)
    {
        await using var server = await ReplayServer.Answering(200, body);
        var client = server.Client();

        (await Should.ThrowAsync<ComfyUiException>(() => client.GetQueue(Limit.Token()))).Kind.ShouldBe(ComfyUiFailure.UnreadableAnswer);
        (await Should.ThrowAsync<ComfyUiException>(() => client.GetHistory("p", Limit.Token())))
            .Kind.ShouldBe(ComfyUiFailure.UnreadableAnswer);
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_unreadable()
    {
        await using var server = await ReplayServer.Start(
            async context => await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes("[\"\xe4\"]")));

        var error = await Should.ThrowAsync<ComfyUiException>(() => server.Client().GetModelFolders(Limit.Token()));

        error.Kind.ShouldBe(ComfyUiFailure.UnreadableAnswer);
    }

    [Fact]
    public async Task Path_and_credentials_of_the_URL_are_used_and_the_credentials_are_not_in_messages()
    {
        await using var server = await ReplayServer.Answering(502, "");
        var url = new UriBuilder(server.Url) { Path = "/a/b", UserName = "me", Password = "p%40w" }.Uri;

        var error = await Should.ThrowAsync<ComfyUiException>(() => Client(url).GetQueue(Limit.Token()));

        var request = server.Requests.Single();
        request.Target.ShouldBe("/a/b/queue");
        request.Headers["Authorization"].ShouldBe("Basic " + Convert.ToBase64String("me:p@w"u8));
        error.ToString().ShouldNotContain("p@w");
        error.ToString().ShouldNotContain("p%40w");
    }

    [Theory]
    [InlineData("ftp://host/")]
    [InlineData("ws://host/")]
    public void Only_http_URLs_are_taken(string url)
    {
        using var http = new HttpClient();

        Should.Throw<ArgumentException>(() => ComfyUiClient.Configure(http, new Uri(url)));
    }

    private static ComfyUiClient Client(Uri url, TimeSpan? timeout = null)
    {
        var http = new HttpClient { Timeout = timeout ?? TimeSpan.FromSeconds(30) };
        ComfyUiClient.Configure(http, url);
        return new ComfyUiClient(http);
    }
}
