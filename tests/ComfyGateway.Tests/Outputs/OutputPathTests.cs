using ComfyGateway.Outputs;

namespace ComfyGateway.Tests.Outputs;

public sealed class OutputPathTests
{
    [Theory]
    [InlineData("2026-11-24T09:59:59.999Z", "2026-11-24/09")]
    [InlineData("2026-11-24T11:00:00+02:00", "2026-11-24/09")]
    [InlineData("2026-11-24T00:00:00Z", "2026-11-24/00")]
    public void A_file_is_in_the_folder_of_the_hour_of_its_job(string madeAt, string folder)
    {
        var jobId = Guid.CreateVersion7(DateTimeOffset.Parse(madeAt, System.Globalization.CultureInfo.InvariantCulture));

        OutputPath.Of(jobId, "ComfyUI_00001_.png").ShouldBe($"{folder}/{jobId}-ComfyUI_00001_.png");
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a-b-2.png")]
    [InlineData("-")]
    public void A_path_tells_whose_the_file_is(string name)
    {
        var jobId = Guid.CreateVersion7();

        OutputPath.JobOf(OutputPath.Of(jobId, name)).ShouldBe(jobId);
        OutputPath.JobOf($"{jobId}/{name}").ShouldBe(jobId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.png")]
    [InlineData("2026-11-24/09/a.png")]
    [InlineData("2026-11-24/09/")]
    [InlineData("2026-11-24/09/ffffffff-ffff-7fff-bfff-ffffffffffff-a.png")]
    [InlineData("uploads/019ab452-0000-7000-8000-000000000000")]
    [InlineData("2020-01-01/00/019ab452-0000-7000-8000-000000000000-a.png")]
    public void What_only_looks_like_an_output_is_nobodys(string path) => OutputPath.JobOf(path).ShouldBeNull();
}
