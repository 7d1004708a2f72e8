using System.Text.Json;
using ComfyGateway.Workflows;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows;

/// <summary>A workflow as it ships with the gateway.</summary>
internal sealed class BundledWorkflow
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "workflows");

    public static readonly TheoryData<string> Ids = new("sdxl_realism_v1", "sprite_transparent_bg", "icon_512");

    public BundledWorkflow(string id)
    {
        Template = new Template(Read($"{id}.json"));
        Written = Read($"{id}.schema.json");
        Schema = PreparedWorkflow.SchemaOf(Written, Template);
    }

    public static IEnumerable<string> Shipped =>
        Directory.EnumerateFiles(Folder, "*.schema.json").Select(f => Path.GetFileName(f)[..^".schema.json".Length]);

    public Template Template { get; }

    public JsonElement Written { get; }

    public InputSchema Schema { get; }

    public IEnumerable<JsonProperty> Nodes => Template.Graph.EnumerateObject();

    /// <summary>The graph as ComfyUI gets it for these inputs and the defaults.</summary>
    public JsonElement Render(string inputs)
    {
        var resolution = new InputResolution(Schema);
        var values = resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members(inputs));
        resolution.Problems.ShouldBeEmpty();
        return Json.Of(Template.Render(values));
    }

    private static JsonElement Read(string file) => Json.Of(File.ReadAllText(Path.Combine(Folder, file)));
}
