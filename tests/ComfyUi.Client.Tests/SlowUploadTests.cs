using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

/// <summary>How long an upload may take.</summary>
public sealed class SlowUploadTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    // A crowded machine lets nothing go on for a while.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly UploadServer _server = new();

    // Far more than what fits on the way, or the client would be done before the server has read it.
    private readonly MemoryStream _file = new(new byte[8 * 1024 * 1024]);

    public void Dispose()
    {
        _server.Dispose();
        _file.Dispose();
    }

    [Fact]
    public async Task An_upload_that_gets_on_may_take_longer_than_patience_lasts()
    {
        using var http = _server.Http(Timeout.InfiniteTimeSpan);
        var upload = Upload(new ComfyUiClient(http, Patience));
        await _server.Accept();

        await _server.ReadSlowly(2 * Patience);
        upload.IsCompleted.ShouldBeFalse();
        await _server.ReadToEnd();
        await _server.Answer();

        (await upload).Name.ShouldBe("up.png");
    }

    [Fact]
    public async Task An_upload_that_no_longer_gets_on_is_a_timeout()
    {
        using var http = _server.Http(Timeout.InfiniteTimeSpan);
        var upload = Upload(new ComfyUiClient(http, Short));
        await _server.Accept();

        (await Should.ThrowAsync<ComfyUiException>(upload)).Kind.ShouldBe(ComfyUiFailure.Timeout);
    }

    [Fact]
    public async Task An_upload_that_is_not_answered_is_a_timeout()
    {
        using var http = _server.Http(Timeout.InfiniteTimeSpan);
        var upload = Upload(new ComfyUiClient(http, Patience));
        await _server.Accept();

        await _server.ReadToEnd();

        (await Should.ThrowAsync<ComfyUiException>(upload)).Kind.ShouldBe(ComfyUiFailure.Timeout);
    }

    [Fact]
    public async Task The_timeout_of_the_http_client_limits_the_whole_upload()
    {
        using var http = _server.Http(Short);
        var upload = Upload(new ComfyUiClient(http));
        await _server.Accept();

        await _server.ReadSlowly(TimeSpan.FromMinutes(1));

        (await Should.ThrowAsync<ComfyUiException>(upload)).Kind.ShouldBe(ComfyUiFailure.Timeout);
    }

    private Task<UploadedFile> Upload(ComfyUiClient client) => client.Upload(_file, "up.png", null, "input", overwrite: false, Limit.Token());
}
