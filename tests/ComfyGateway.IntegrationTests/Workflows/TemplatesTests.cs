using System.Text.Json;
using ComfyGateway.IntegrationTests.Uploads;

namespace ComfyGateway.IntegrationTests.Workflows;

/// <summary>
/// Templates as people bring them, without a schema: each is registered, gets inputs that make sense, and runs. Those that need no model (video, animation,
/// two_outputs, cutout) run on any ComfyUI as they are.
/// </summary>
public sealed class TemplatesTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "templates");

    /// <summary>The name, what must be given, what the others are, and what comes out.</summary>
    public static readonly TheoryData<string, string, string, string> Templates = new()
    {
        { "img2img", "image:image prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum strength:number seed:integer", "48x32" },
        { "inpaint_mask", "image:image mask:image prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum grow:integer denoise:number seed:integer", "48x32" },
        { "inpaint_alpha", "image:image prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum denoise:number seed:integer", "48x32" },
        { "outpaint", "image:image prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum left:integer right:integer denoise:number seed:integer", "80x32" },
        { "lora", "lora:enum prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum width:integer height:integer batch_size:integer lora_strength:number denoise:number seed:integer", "64x64" },
        { "controlnet", "pose:image prompt:string", "checkpoint:enum negative_prompt:string steps:integer cfg:number sampler:enum control:number denoise:number seed:integer", "64x64" },
        { "upscale", "image:image", "model:enum scale:number", "96x64" },
        { "flux", "prompt:string", "model:enum guidance:number steps:integer width:integer height:integer seed:integer", "64x64" },
        { "video", "", "width:integer height:integer frames:integer color:integer fps:number", "video" },
        { "animation", "", "frames:integer fps:number", "64x64" },
        { "two_outputs", "image:image", "name:string", "48x32 48x32" },
        { "cutout", "image:image mask:image", "channel:enum", "48x32" },
    };

    [Fact]
    public void Every_template_is_run() =>
        Templates.Select(t => t.Data.Item1).ShouldBe(Directory.GetFiles(Folder).Select(f => Path.GetFileNameWithoutExtension(f)), ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task It_is_registered_gets_inputs_that_make_sense_and_runs(string name, string required, string optional, string made)
    {
        await Gateway.KnowsNodes();
        var graph = await File.ReadAllTextAsync(Path.Combine(Folder, $"{name}.json"), Ct);
        var registered = await Gateway.Admin.Call("POST", "/workflows", $$"""{"id": "t-{{Guid.CreateVersion7():N}}", "name": "{{name}}", "workflowJson": {{graph}} }""");

        registered.Status.ShouldBe(201, registered.Body.GetRawText());
        registered.Body.GetProperty("warnings").EnumerateArray().ShouldBeEmpty();
        var fields = registered.Workflow.GetProperty("inputSchema").GetProperty("fields");
        Typed(fields, isRequired: true).ShouldBe(Words(required), ignoreOrder: true);
        Typed(fields, isRequired: false).ShouldBe(Words(optional), ignoreOrder: true);

        var id = registered.Workflow.GetProperty("id").GetString();
        var inputs = await Inputs(fields);
        await Gateway.User.PostText($"/workflows/{id}/render", JsonSerializer.Serialize(new { inputs })).ShouldBe(200);
        var job = await Gateway.End(await Gateway.Submit(new { workflowId = id, inputs }));
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("outputs").EnumerateArray().Select(Shape).ShouldBe(Words(made));
    }

    /// <summary>What a job must bring: a picture for an image, the first of a choice, a word.</summary>
    private async Task<Dictionary<string, object>> Inputs(JsonElement fields)
    {
        var inputs = new Dictionary<string, object>();
        foreach (var field in fields.EnumerateObject().Where(f => f.Value.GetProperty("required").GetBoolean()))
        {
            inputs[field.Name] = field.Value.GetProperty("type").GetString() switch
            {
                "image" => $"upload:{(await Gateway.User.Uploaded(UploadCalls.Picture())).Id()}",
                "enum" => field.Value.GetProperty("enum")[0],
                _ => "a harbour",
            };
        }

        return inputs;
    }

    private static string[] Typed(JsonElement fields, bool isRequired) =>
        [.. fields.EnumerateObject().Where(f => f.Value.GetProperty("required").GetBoolean() == isRequired).Select(f => $"{f.Name}:{f.Value.GetProperty("type").GetString()}")];

    private static string Shape(JsonElement output) =>
        output.GetProperty("kind").GetString() == "image" ? $"{output.GetProperty("width").GetInt32()}x{output.GetProperty("height").GetInt32()}" : output.GetProperty("kind").GetString()!;

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
