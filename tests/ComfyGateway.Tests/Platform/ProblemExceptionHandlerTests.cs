using ComfyGateway.Platform.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ComfyGateway.Tests.Platform;

public sealed class ProblemExceptionHandlerTests
{
    private readonly ProblemExceptionHandler _handler = new(NullLogger<ProblemExceptionHandler>.Instance);
    private readonly DefaultHttpContext _gone = new() { RequestAborted = new CancellationToken(canceled: true) };

    [Fact]
    public async Task A_client_that_is_gone_is_told_of_no_outage_which_would_be_an_error_of_its_own()
    {
        (await _handler.TryHandleAsync(_gone, new NpgsqlException("The server stands still.", new TimeoutException()), CancellationToken.None)).ShouldBeTrue();

        _gone.Response.StatusCode.ShouldBe(StatusCodes.Status499ClientClosedRequest);
    }

    [Fact]
    public async Task A_fault_of_ours_is_logged_also_where_the_client_is_gone() =>
        (await _handler.TryHandleAsync(_gone, new InvalidOperationException("A fault."), CancellationToken.None)).ShouldBeFalse();
}
