using System.Diagnostics;
using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Commands;

/// <summary>The program's commands about workflows, run as a user runs them.</summary>
public sealed class WorkflowCommandTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private static readonly string Template = Path.Combine(AppContext.BaseDirectory, "templates", "two_outputs.json");

    [Fact]
    public async Task A_good_template_is_said_to_be_so_without_a_gateway()
    {
        var (exitCode, output) = await Run("", "validate-workflow", Template);

        exitCode.ShouldBe(0, output);
    }

    [Fact]
    public async Task Each_fault_of_a_bad_one_is_a_line_with_its_path()
    {
        var (exitCode, output) = await Run("""{"1": {"inputs": {}}, "2": {"class_type": "A", "inputs": {"a": ["9", 0]}}}""", "validate-workflow", "-");

        exitCode.ShouldBe(1);
        output.ShouldContain("workflowJson.1.class_type is required");
        output.ShouldContain("workflowJson.2.inputs.a links to the node \"9\"");
    }

    [Fact]
    public async Task What_is_no_json_is_told_without_a_stack_trace()
    {
        var (exitCode, output) = await Run("{", "validate-workflow", "-");

        exitCode.ShouldBe(1);
        output.ShouldContain("standard input: ");
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_template_from_standard_input_is_registered_and_found()
    {
        var id = $"c-{Guid.CreateVersion7():N}";
        var (exitCode, output) = await Run(WorkflowCalls.Graph, "add-workflow", "-", "--id", id, "--name", "From a pipe", "--url", Gateway.Url.ToString(), "--key", TestGateway.AdminKey);
        exitCode.ShouldBe(0, output);

        var (_, found) = await Run("", "list-workflows", "--search", "A PIPE", "--url", Gateway.Url.ToString(), "--key", TestGateway.UserKey);

        found.ShouldContain(id);
        found.ShouldNotContain("icon_512");
    }

    [Fact]
    public async Task Standard_input_has_no_name_so_an_id_is_asked_for()
    {
        var (exitCode, output) = await Run(WorkflowCalls.Graph, "add-workflow", "-", "--url", Gateway.Url.ToString());

        exitCode.ShouldBe(1);
        output.ShouldContain("--id");
    }

    private static async Task<(int ExitCode, string Output)> Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "comfy-gateway.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
        await process.WaitForExitAsync(Ct);
        return (process.ExitCode, string.Concat(texts));
    }
}
