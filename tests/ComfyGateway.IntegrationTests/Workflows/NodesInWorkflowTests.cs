using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class NodesInWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private const string Sampler =
        """
        {"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "{{model}}"}},
         "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}", "clip": ["1", 1]}},
         "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
         "4": {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "steps": "{{steps|4}}", "cfg": "{{cfg}}", "sampler_name": "{{sampler}}", "scheduler": "normal",
           "denoise": 1, "model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0]}},
         "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
         "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "x"}}}
        """;

    [Fact]
    public async Task A_schema_that_is_not_written_follows_the_nodes()
    {
        await Gateway.KnowsNodes();
        var id = await Gateway.Register(Sampler);

        var fields = (await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow.GetProperty("inputSchema").GetProperty("fields");

        Text(fields, "prompt", "type").ShouldBe("string");
        Text(fields, "cfg", "type").ShouldBe("number");
        fields.GetProperty("cfg").GetProperty("required").GetBoolean().ShouldBeTrue();
        Text(fields, "cfg", "description").ShouldBe("KSampler.cfg, where ComfyUI's editor fills in 8.0");
        (Text(fields, "steps", "type"), fields.GetProperty("steps").GetProperty("default").GetInt32(), fields.GetProperty("steps").GetProperty("max").GetInt32())
            .ShouldBe(("integer", 4, 10000));
        Text(fields, "sampler", "type").ShouldBe("enum");
        fields.GetProperty("sampler").GetProperty("enum").EnumerateArray().Select(v => v.GetString()).ShouldContain("euler");
        fields.GetProperty("seed").GetProperty("max").GetUInt64().ShouldBe(ulong.MaxValue);
        Text(fields, "model", "type").ShouldBe("enum");
    }

    [Fact]
    public async Task Values_are_checked_by_it()
    {
        await Gateway.KnowsNodes();
        var id = await Gateway.Register(Sampler);

        var answer = await Gateway.User.Call("POST", "/jobs", $$"""{"workflowId": "{{id}}", "inputs": {"model": "m", "prompt": "x", "cfg": "8", "sampler": "eular", "steps": 0} }""");

        answer.Status.ShouldBe(400);
        answer.Members.Order().ShouldBe(["inputs.cfg", "inputs.model", "inputs.sampler", "inputs.steps"]);
    }

    [Fact]
    public async Task What_comfyui_lacks_is_warned_of_with_the_nearest_name()
    {
        await Gateway.KnowsNodes();
        var graph = Sampler.Replace("KSampler", "KSamplr", StringComparison.Ordinal).Replace("{{model}}", "nowhere.safetensors", StringComparison.Ordinal);

        var answer = await Gateway.Admin.Call("POST", "/workflows", $$"""{"id": "w-{{Guid.CreateVersion7():N}}", "name": "N", "workflowJson": {{graph}} }""");

        answer.Status.ShouldBe(201);
        var warnings = answer.Body.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!).ToArray();
        warnings.Length.ShouldBe(2, string.Join('\n', warnings));
        warnings[0].ShouldStartWith("workflowJson.1.inputs.ckpt_name is \"nowhere.safetensors\", which is none of the");
        warnings[1].ShouldBe("workflowJson.4.class_type is \"KSamplr\", which ComfyUI does not have; did you mean \"KSampler\"?");
    }

    [Fact]
    public async Task Nothing_is_warned_of_where_all_is_there()
    {
        await Gateway.KnowsNodes();
        var id = await Gateway.Register(Sampler);

        var answer = await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "Second"}""");

        answer.Body.GetProperty("warnings").GetArrayLength().ShouldBe(0, answer.Body.GetRawText());
    }

    [Fact]
    public async Task A_graph_without_an_output_node_is_refused()
    {
        await Gateway.KnowsNodes();
        var id = await Gateway.Register();

        var answer = await Gateway.Admin.Call(
            "PUT", $"/workflows/{id}", """{"workflowJson": {"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}}}""");

        (answer.Status, answer.Code).ShouldBe((400, "VALIDATION_ERROR"));
        answer.Body.GetProperty("message").GetString()!.ShouldStartWith("workflowJson has no output node");
    }

    private static string? Text(JsonElement fields, string field, string member) => fields.GetProperty(field).GetProperty(member).GetString();
}
