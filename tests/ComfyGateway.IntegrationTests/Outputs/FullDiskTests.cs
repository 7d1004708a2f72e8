using System.Diagnostics;

namespace ComfyGateway.IntegrationTests.Outputs;

public sealed class FullDiskTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_fails_the_job_clearly_alarms_and_passes()
    {
        var folder = Directory.CreateTempSubdirectory("cg-full-").FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && await Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) == 0, "only root can make a small disk");
        try
        {
            await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["STORAGE_LOCAL_PATH"] = folder, ["MAX_ATTEMPTS"] = "1" });
            await File.WriteAllBytesAsync(Path.Combine(folder, "ballast"), new byte[1_040_000], Ct);

            var job = await gateway.End(await Submit(gateway));

            var error = job.GetProperty("error");
            error.GetProperty("code").GetString().ShouldBe("OUTPUT_STORE_FAILED");
            error.GetProperty("message").GetString()!.ShouldContain("full");
            error.GetProperty("recommendation").GetString()!.ShouldContain("free disk space");
            error.GetRawText().ShouldNotContain(folder);
            var health = await gateway.Admin.Json("/health");
            health.GetProperty("ok").GetBoolean().ShouldBeFalse();
            health.GetProperty("storage").GetProperty("writable").GetBoolean().ShouldBeFalse();
            health.GetProperty("storage").GetProperty("problem").GetString()!.ShouldContain("is full");
            Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ShouldHaveSingleItem();

            File.Delete(Path.Combine(folder, "ballast"));
            (await gateway.End(await Submit(gateway))).GetProperty("status").GetString().ShouldBe("succeeded");
        }
        finally
        {
            await Run("umount", folder);
            Directory.Delete(folder);
        }
    }

    private static Task<Guid> Submit(TestGateway gateway) =>
        gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 256, height = 256, steps = 1 } });

    private static async Task<int> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Ct);
        return process.ExitCode;
    }
}
