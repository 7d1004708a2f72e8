using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class CatalogTests
{
    [Fact]
    public async Task Every_class_of_a_real_object_info_is_read()
    {
        var nodes = (await Get()).NodeTypes;

        nodes.Count.ShouldBe(57);
        nodes["CheckpointLoaderSimple"].DisplayName.ShouldBe("Load Checkpoint");
        nodes["CheckpointLoaderSimple"].Outputs.ShouldBe(["MODEL", "CLIP", "VAE"]);
        nodes["SaveImage"].OutputNode.ShouldBeTrue();
        nodes["KSampler"].OutputNode.ShouldBeFalse();
        nodes["SaveImage"].Inputs.Select(i => i.Name).ShouldBe(["images", "filename_prefix"]);
        nodes.Values.SelectMany(n => n.Inputs).Where(i => i.Type == "*").ShouldHaveSingleItem().Name.ShouldBe("source");
    }

    [Fact]
    public async Task A_seed_keeps_its_exact_maximum()
    {
        var seed = (await Get()).NodeTypes["KSampler"].Input("seed")!;

        (seed.Type, seed.Required, seed.Min, seed.Max).ShouldBe(("INT", true, 0m, 18446744073709551615m));
        seed.Default!.Value.GetUInt64().ShouldBe(0UL);
        seed.Step.ShouldBeNull();
    }

    [Fact]
    public async Task A_fraction_is_exact_too()
    {
        var cfg = (await Get()).NodeTypes["KSampler"].Input("cfg")!;

        (cfg.Type, cfg.Min, cfg.Max, cfg.Step).ShouldBe(("FLOAT", 0m, 100m, 0.1m));
        cfg.Default!.Value.GetDecimal().ShouldBe(8m);
        cfg.Options.ShouldBeEmpty();
    }

    [Fact]
    public async Task Choices_are_read_in_both_forms()
    {
        var nodes = (await Get()).NodeTypes;

        var old = nodes["KSampler"].Input("scheduler")!;
        var current = nodes["SaveVideo"].Input("format")!;

        (old.Type, old.Options.Count, old.Options[0].GetString()).ShouldBe(("COMBO", 9, "simple"));
        (current.Type, string.Join(',', current.Options), current.Default!.Value.GetString()).ShouldBe(("COMBO", "auto,mp4", "auto"));
        nodes["UpscaleModelLoader"].Input("model_name")!.Options.ShouldBeEmpty();
        nodes["ControlNetLoader"].Input("control_net_name")!.Type.ShouldBe("COMBO");
    }

    [Fact]
    public async Task Flags_and_optional_inputs_are_read()
    {
        var nodes = (await Get()).NodeTypes;

        nodes["CLIPTextEncode"].Input("text")!.Multiline.ShouldBeTrue();
        nodes["CLIPTextEncode"].Input("clip")!.Multiline.ShouldBeFalse();
        nodes["LoadImage"].Input("image")!.ImageUpload.ShouldBeTrue();
        nodes["CLIPLoader"].Input("device")!.Required.ShouldBeFalse();
        nodes["CLIPLoader"].Input("nonesuch").ShouldBeNull();
    }

    [Fact]
    public async Task Strange_classes_do_not_spoil_the_others()
    {
        const string body = """
            {"A": {"input": {"required": {"x": ["FLOAT", {"min": -Infinity, "max": 1e999, "default": NaN}], "y": "*", "z": [], "w": [7]},
                             "optional": null}, "output": [["a", "b"], "IMAGE"], "output_node": 1},
             "B": null, "C": {}}
            """;
        await using var server = await ReplayServer.Answering(200, body);

        var nodes = (await server.Client().GetObjectInfo(Limit.Token())).NodeTypes;

        nodes.Keys.Order().ShouldBe(["A", "C"]);
        nodes["A"].Inputs.Select(i => $"{i.Name} {i.Type} {i.Min} {i.Max}").ShouldBe(["x FLOAT  ", "y *  ", "z *  ", "w *  "]);
        nodes["A"].Outputs.ShouldBe(["COMBO", "IMAGE"]);
        nodes["C"].DisplayName.ShouldBe("C");
    }

    [Fact]
    public async Task Models_are_listed_by_folder()
    {
        await using var server = await ReplayServer.Answering("006");

        (await server.Client().GetModels("checkpoints", Limit.Token()))
            .ShouldBe(["dummy-common.safetensors", "dummy-only-8188.safetensors"]);
        server.Requests.Single().Target.ShouldBe(Recording.Load("006").RequestTarget);
    }

    [Fact]
    public async Task An_unknown_folder_has_no_models()
    {
        await using var server = await ReplayServer.Answering("007");

        (await server.Client().GetModels("nonesuch", Limit.Token())).ShouldBeEmpty();
    }

    [Fact]
    public async Task Folders_are_listed()
    {
        await using var server = await ReplayServer.Answering("005");

        var folders = await server.Client().GetModelFolders(Limit.Token());

        folders.Count.ShouldBe(20);
        folders[0].ShouldBe("checkpoints");
    }

    [Fact]
    public async Task System_stats_tell_version_and_memory()
    {
        await using var server = await ReplayServer.Answering("001");

        var stats = await server.Client().GetSystemStats(Limit.Token());

        (stats.ComfyUiVersion, stats.Os, stats.RamTotal).ShouldBe(("0.3.64", "posix", 25276510208));
        stats.Devices.ShouldBe([new SystemDevice("cpu", "cpu", null, 25276510208, 24243564544)]);
    }

    private static async Task<ObjectInfo> Get()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "object_info.json");
        var body = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await using var server = await ReplayServer.Answering(200, body);
        return await server.Client().GetObjectInfo(Limit.Token());
    }
}
