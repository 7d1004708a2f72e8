namespace ComfyUi.Simulator.Execution;

/// <summary>What each node class does. One without an entry passes on what it gets, which is right for models and conditioning.</summary>
internal static class NodeBehaviours
{
    private static readonly Dictionary<string, Func<NodeCall, Task<NodeResult>>> Slow = new()
    {
        ["GatewayTestSleep"] = SamplingNodes.Sleep,
        ["KSampler"] = SamplingNodes.Sample,
        ["KSamplerAdvanced"] = SamplingNodes.Sample,
        ["SamplerCustom"] = SamplingNodes.Sample,
        ["SamplerCustomAdvanced"] = SamplingNodes.Sample,
        ["CheckpointLoaderSimple"] = LoadNodes.Checkpoint,
        ["UNETLoader"] = LoadNodes.Checkpoint,
    };

    private static readonly Dictionary<string, Func<NodeCall, NodeResult>> Quick = new()
    {
        ["LoadImage"] = LoadNodes.Image,
        ["LoadImageMask"] = LoadNodes.Mask,
        ["EmptyImage"] = PixelNodes.Empty,
        ["ImageInvert"] = PixelNodes.Invert,
        ["ImageScale"] = PixelNodes.Scale,
        ["ImageScaleBy"] = PixelNodes.ScaleBy,
        ["ImageUpscaleWithModel"] = PixelNodes.Upscale,
        ["ImageBatch"] = PixelNodes.Batch,
        ["ImageCrop"] = PixelNodes.Crop,
        ["ImagePadForOutpaint"] = PixelNodes.Pad,
        ["JoinImageWithAlpha"] = MaskNodes.Join,
        ["SplitImageWithAlpha"] = MaskNodes.Split,
        ["InvertMask"] = MaskNodes.Invert,
        ["ImageToMask"] = MaskNodes.FromImage,
        ["MaskToImage"] = MaskNodes.ToImage,
        ["EmptyLatentImage"] = LatentNodes.Empty,
        ["EmptySD3LatentImage"] = LatentNodes.Empty,
        ["LatentUpscale"] = LatentNodes.Scale,
        ["LatentUpscaleBy"] = LatentNodes.ScaleBy,
        ["VAEEncode"] = LatentNodes.Encode,
        ["VAEEncodeForInpaint"] = LatentNodes.Encode,
        ["VAEDecode"] = LatentNodes.Decode,
        ["VAEDecodeTiled"] = LatentNodes.Decode,
        ["SaveImage"] = SaveNodes.Save,
        ["PreviewImage"] = SaveNodes.Preview,
        ["SaveImageWebsocket"] = SaveNodes.Websocket,
        ["SaveAnimatedWEBP"] = AnimationNodes.Webp,
        ["SaveAnimatedPNG"] = AnimationNodes.Png,
        ["PreviewAny"] = SaveNodes.Text,
        ["SaveVideo"] = PlaceholderNodes.Video,
        ["SaveWEBM"] = PlaceholderNodes.Webm,
        ["SaveAudio"] = PlaceholderNodes.Audio,
        ["SaveGLB"] = PlaceholderNodes.Mesh,
    };

    public static Task<NodeResult> Run(NodeCall call) =>
        Slow.TryGetValue(call.ClassType, out var slow) ? slow(call)
        : Task.FromResult(Quick.TryGetValue(call.ClassType, out var quick) ? quick(call) : CarryOn(call));

    /// <summary>The first that any input knows: the text of a conditioning, the seed of a noise, the name of a model.</summary>
    private static NodeResult CarryOn(NodeCall call)
    {
        var linked = call.Linked.ToList();
        var sized = linked.Find(v => v.Width > 0);
        return NodeResult.Of(new NodeValue
        {
            Pixels = linked.Find(v => v.Pixels.Count > 0)?.Pixels ?? [],
            Width = sized?.Width ?? 0,
            Height = sized?.Height ?? 0,
            Batch = sized?.Batch ?? 1,
            Picture = linked.Find(v => v.Picture is not null)?.Picture,
            Text = OwnText(call) ?? JoinedText(linked),
            Seed = call.Seed("noise_seed") ?? call.Seed("seed") ?? linked.Find(v => v.Seed is not null)?.Seed,
            Steps = call.Inputs.ContainsKey("steps") ? call.Int("steps") : linked.Find(v => v.Steps is not null)?.Steps,
            Denoise = call.Inputs.ContainsKey("denoise") ? call.Float("denoise") : linked.Find(v => v.Denoise is not null)?.Denoise,
            Model = linked.Find(v => v.Model is not null)?.Model ?? OwnModel(call),
            Literal = call.Inputs.Values.FirstOrDefault(v => v is not NodeValue),
        });
    }

    private static string? OwnText(NodeCall call) =>
        call.Inputs.Keys.FirstOrDefault(k => k is "prompt" or "clip_l" || k.StartsWith("text", StringComparison.Ordinal)) is { } input
            ? call.Text(input)
            : null;

    private static string? JoinedText(List<NodeValue> linked) =>
        linked.ConvertAll(v => v.Text).FindAll(t => !string.IsNullOrWhiteSpace(t)) is { Count: > 0 } texts
            ? string.Join(", ", texts)
            : null;

    private static string? OwnModel(NodeCall call) =>
        call.Inputs.FirstOrDefault(i => i.Key.EndsWith("_name", StringComparison.Ordinal) && i.Key != "sampler_name").Value as string;
}
