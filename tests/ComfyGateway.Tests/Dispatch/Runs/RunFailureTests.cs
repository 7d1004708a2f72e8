using ComfyGateway.Dispatch.Runs;
using ComfyUi.Client;

namespace ComfyGateway.Tests.Dispatch.Runs;

public sealed class RunFailureTests
{
    [Theory]
    [InlineData("cannot identify image file '/opt/comfyui/inst/8188/input/fake.png'", "cannot identify image file 'fake.png'")]
    [InlineData("[Errno 2] No such file or directory: '/home/jane doe/ComfyUI/models/vae/a.pt'", "[Errno 2] No such file or directory: 'a.pt'")]
    [InlineData(@"cannot identify image file 'D:\\AI\\My ComfyUI\\input\\fake.png'", "cannot identify image file 'fake.png'")]
    [InlineData("unable to mmap 8 bytes from file </srv/models/a.safetensors>: Cannot allocate memory (12)", "unable to mmap 8 bytes from file <a.safetensors>: Cannot allocate memory (12)")]
    [InlineData("Could not open /mnt/data/a.mp4 (error 2)", "Could not open a.mp4 (error 2)")]
    [InlineData("shapes (1/8/64) and and/or a / b / c differ; see https://pytorch.org/docs/stable/x.html", "shapes (1/8/64) and and/or a / b / c differ; see https://pytorch.org/docs/stable/x.html")]
    [InlineData("'sdxl/base.safetensors' not in ['sdxl/other.safetensors']", "'sdxl/base.safetensors' not in ['sdxl/other.safetensors']")]
    public void Folders_of_the_server_are_left_out_of_what_comfyui_says(string said, string told) =>
        RunFailure.OfExecution(new ExecutionError("1", "LoadImage", "OSError", said)).Message.ShouldEndWith(told);

    [Fact]
    public void What_cannot_be_kept_is_left_out() =>
        RunFailure.OfExecution(new ExecutionError("1", "LoadImage", "ValueError", "bad header: \0\0PNG")).Message.ShouldBe("ValueError: bad header: PNG");

    [Fact]
    public void Folders_are_left_out_of_refusals_too()
    {
        var error = new NodeInputError("exception_during_validation", "Exception when validating node", "[Errno 13] Permission denied: '/root/ComfyUI/input/a.png'", null);

        var told = RunFailure.OfRefusal(new PromptSubmission.Refused("prompt_outputs_failed_validation", "", "", [new NodeErrors("1", "LoadImage", [error])]));

        told.Message.ShouldBe("ComfyUI refused the prompt: node 1 (LoadImage): Exception when validating node: [Errno 13] Permission denied: 'a.png'");
    }
}
