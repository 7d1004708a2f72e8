using System.Text;
using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class HistoryTests
{
    [Fact]
    public async Task A_success_lists_files_and_times()
    {
        var entry = await Get("101", "b32db09f-c932-4e2c-9272-8bdf83785d00");

        entry!.Outcome.ShouldBe(PromptOutcome.Succeeded);
        entry.Files.ShouldBe([new OutputFile("3", "images", "sleep_00001_.png", "", "output")]);
        entry.Error.ShouldBeNull();
        entry.CachedNodes.ShouldBeEmpty();
        entry.StartedAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1795371595785));
        entry.EndedAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1795371596596));
    }

    [Theory]
    [InlineData("015", "00000000-0000-4000-8000-000000000000")]
    [InlineData("111", "9a6a8e8b-ee52-469e-ac9b-9144c64ce401")]
    [InlineData("136", "514a6be6-1b90-473a-be26-038516e6462f")]
    public async Task An_unknown_running_or_deleted_prompt_has_no_history(string recording, string promptId) =>
        (await Get(recording, promptId)).ShouldBeNull();

    [Fact]
    public async Task A_failure_tells_the_error_without_its_tips_line_break()
    {
        var entry = await Get("105", "8c8c4cb4-41ec-4b72-95ac-c088b0031bb4");

        entry!.Outcome.ShouldBe(PromptOutcome.Failed);
        entry.Error.ShouldBe(new ExecutionError("2", "GatewayTestSleep", "ValueError", "GatewayTestSleep was told to fail"));
        entry.Error!.IsOutOfMemory.ShouldBeFalse();
        entry.CachedNodes.ShouldBe(["1"]);
    }

    [Fact]
    public async Task Running_out_of_memory_is_told_from_other_failures()
    {
        var entry = await Get("107", "ed428c92-722d-45e1-8683-6d217cb3600e");

        entry!.Error!.ExceptionType.ShouldBe("torch.cuda.OutOfMemoryError");
        entry.Error.IsOutOfMemory.ShouldBeTrue();
    }

    [Theory]
    [InlineData("torch.OutOfMemoryError", "", true)]
    [InlineData("MemoryError", "", true)]
    [InlineData("RuntimeError", "x. This error means you ran out of memory on your GPU.", true)]
    [InlineData("RuntimeError", "Allocation on device 0 would exceed allowed memory.", true)]
    [InlineData("torch.AcceleratorError", "CUDA error: out of memory", true)]
    [InlineData("RuntimeError", "MPS backend out of memory (MPS allocated: 17.9 GB)", true)]
    [InlineData("RuntimeError", "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.", true)]
    [InlineData("RuntimeError", "[enforce fail at alloc_cpu.cpp:115] data. DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.", true)]
    [InlineData("RuntimeError", "unable to mmap 1 bytes from file <a.safetensors>: Cannot allocate memory (12)", true)]
    [InlineData("OSError", "[Errno 12] Cannot allocate memory", true)]
    [InlineData("RuntimeError", "Could not allocate tensor with 1 bytes. There is not enough GPU video memory available!", true)]
    [InlineData("RuntimeError", "The size of tensor a (64) must match the size of tensor b (32)", false)]
    [InlineData("torch.AcceleratorError", "CUDA error: an illegal memory access was encountered", false)]
    [InlineData("ValueError", "out of memory", false)]
    [InlineData("ValueError", "memory", false)]
    public void Out_of_memory_has_many_names(string type, string message, bool expected) =>
        new ExecutionError(null, null, type, message).IsOutOfMemory.ShouldBe(expected);

    [Fact]
    public async Task An_interrupt_is_not_a_failure()
    {
        var entry = await Get("113", "9a6a8e8b-ee52-469e-ac9b-9144c64ce401");

        entry!.Outcome.ShouldBe(PromptOutcome.Interrupted);
        entry.Error.ShouldBeNull();
        entry.EndedAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1795371601461));
    }

    [Theory]
    [InlineData("a.png", "", true)]
    [InlineData("a.b.png", "2026-01-15 10:30/é", true)]
    [InlineData("a.png", "windows\\folder", true)]
    [InlineData("a.png", "...", true)]
    [InlineData("/a.png", "", false)]
    [InlineData("a..png", "", false)]
    [InlineData("a.png", "/etc", false)]
    [InlineData("a.png", "\\\\server\\share", false)]
    [InlineData("a.png", "C:\\Windows", false)]
    [InlineData("a.png", "a/../../b", false)]
    [InlineData("a.png", "..", false)]
    [InlineData("a\0.png", "", false)]
    [InlineData("a.png", "\0", false)]
    public void A_file_is_inside_of_the_servers_folders_or_not(string filename, string subfolder, bool expected) =>
        new OutputFile("3", "images", filename, subfolder, "output").IsInside.ShouldBe(expected);

    [Fact]
    public async Task A_failed_prompt_still_lists_the_files_of_nodes_that_finished()
    {
        var entry = await Get("146", "f70e95fa-1e82-4a64-9b36-33d63154b50b");

        entry!.Outcome.ShouldBe(PromptOutcome.Failed);
        entry.Files.ShouldBe([new OutputFile("4", "images", "good_00002_.png", "", "output")]);
    }

    [Fact]
    public async Task A_partly_valid_prompt_succeeds_in_history_which_tells_only_of_what_was_valid()
    {
        var entry = await Get("080", "0f8ec157-4b82-479b-99fa-38135e07b798");

        entry!.Outcome.ShouldBe(PromptOutcome.Succeeded);
        entry.Files.Single().NodeId.ShouldBe("2");
        entry.OutputNodes.ShouldBe(["2"]);
    }

    [Fact]
    public async Task Temporary_files_and_subfolders_are_told()
    {
        var entry = await Get("163", "3f2a42ff-f6b0-493e-9959-6c051cc92395");

        entry!.Files.Select(f => (f.Type, f.Subfolder)).Order().ShouldBe([("output", "sub/dir"), ("temp", "")]);
    }

    [Theory]
    [InlineData("351", "nan-1", "simple_00033_.png")]
    [InlineData("353", "sur-1", "simple_00034_.png")]
    public async Task NaN_and_lone_surrogates_in_the_prompt_do_no_harm(string recording, string promptId, string filename)
    {
        var entry = await Get(recording, promptId);

        entry!.Outcome.ShouldBe(PromptOutcome.Succeeded);
        entry.Files.Single().Filename.ShouldBe(filename);
    }

    [Fact]
    public async Task An_id_is_escaped_in_the_path()
    {
        await using var server = await ReplayServer.Answering("056");

        var entry = await server.Client().GetHistory("job/42 ü", Limit.Token());

        entry!.PromptId.ShouldBe("job/42 ü");
        server.Requests.Single().Target.ShouldBe("/history/job%2F42%20%C3%BC");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task An_id_that_would_change_the_route_is_never_sent(string promptId)
    {
        await using var server = await ReplayServer.Answering("014");

        await Should.ThrowAsync<ArgumentException>(() => server.Client().GetHistory(promptId, Limit.Token()));

        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_under_any_key_and_texts_are_found_and_other_things_left_out()
    {
        const string body = """
            {"p": {"prompt": [], "outputs": {
              "1": {"gifs": [{"filename": "a.webp", "subfolder": "s", "type": "temp", "format": "video/webm"}], "animated": [true]},
              "2": {"audio": [{"filename": "b\ud800.flac", "type": "output"}], "3d": [{"filename": "c.glb", "subfolder": "3d"}]},
              "3": {"text": ["hello", null, 3], "images": [{"filename": null}, "x", 7]},
              "4": {"text": "alone"}, "5": null},
              "status": {"status_str": "success", "completed": true, "messages": []}}}
            """;
        await using var server = await ReplayServer.Answering(200, body);

        var entry = await server.Client().GetHistory("p", Limit.Token());

        entry!.Files.ShouldBe(
        [
            new OutputFile("1", "gifs", "a.webp", "s", "temp"),
            new OutputFile("2", "audio", "b\ufffd.flac", "", "output"),
            new OutputFile("2", "3d", "c.glb", "3d", "output"),
        ]);
        entry.Texts.ShouldBe([new TextOutput("3", "hello"), new TextOutput("4", "alone")]);
        entry.Outcome.ShouldBe(PromptOutcome.Succeeded);
        entry.StartedAt.ShouldBeNull();
    }

    [Fact]
    public async Task A_prompt_far_larger_than_the_limit_of_an_answer_is_skipped()
    {
        var blob = new string('x', 1024 * 1024);
        var end = "\"], \"outputs\": {}, \"status\": {\"messages\": [[\"execution_success\", {\"prompt_id\": \"p\"}]]}}}";
        await using var server = await ReplayServer.Start(async context =>
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("{\"p\": {\"prompt\": [\""));
            for (var written = 0; written <= 80; written++)
            {
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(blob));
            }

            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(end));
        });

        var entry = await server.Client().GetHistory("p", Limit.Token());

        entry!.Outcome.ShouldBe(PromptOutcome.Succeeded);
    }

    private static async Task<HistoryEntry?> Get(string recording, string promptId)
    {
        await using var server = await ReplayServer.Answering(recording);
        return await server.Client().GetHistory(promptId, Limit.Token());
    }
}
