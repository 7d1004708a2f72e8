using ComfyGateway.Outputs;
using ComfyGateway.Platform.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Tests.Outputs;

public sealed class ServedFileTests
{
    /// <summary>As when retention deletes a file between the look for it and its sending.</summary>
    [Theory]
    [InlineData("gone.png")]
    [InlineData("gone/too/a.png")]
    public async Task A_file_that_was_deleted_a_moment_ago_is_not_found(string path)
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        var file = new ServedFile(new KnownFile("a.png", "image/png", "0", TimeProvider.System.GetUtcNow()), Path.Combine(Path.GetTempPath(), $"{Guid.CreateVersion7():N}", path), content: null);

        var problem = await Should.ThrowAsync<ProblemException>(() => file.ExecuteAsync(context));

        problem.Code.Status.ShouldBe(404);
        context.Response.Headers.CacheControl.ShouldBeEmpty();
    }
}
