namespace ComfyUi.Simulator.Tests;

/// <summary>Workflows in API format.</summary>
internal static class Prompts
{
    public static string TextToImage(
        string text = "a lighthouse",
        long seed = 1,
        int width = 256,
        int height = 256,
        int steps = 2,
        int batch = 1,
        string checkpoint = "sd_xl_base_1.0.safetensors") => $$$"""
        {
          "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "{{{checkpoint}}}"}},
          "5": {"class_type": "EmptyLatentImage", "inputs": {"width": {{{width}}}, "height": {{{height}}}, "batch_size": {{{batch}}}}},
          "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{{text}}}", "clip": ["4", 1]}},
          "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
          "3": {"class_type": "KSampler", "inputs": {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
                "seed": {{{seed}}}, "steps": {{{steps}}}, "cfg": 7, "sampler_name": "euler", "scheduler": "normal", "denoise": 1}},
          "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
          "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "t2i"}}
        }
        """;

    public static string Simple(int color = 1, string prefix = "simple") => $$$"""
        {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": {{{color}}}}},
         "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "{{{prefix}}}"}}
        }
        """;

    public static string Sleep(int steps = 4, double seconds = 0.2, string fail = "none", int seed = 0) => FormattableString.Invariant($$$"""
        {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
         "2": {"class_type": "GatewayTestSleep", "inputs": {"image": ["1", 0], "steps": {{{steps}}}, "seconds": {{{seconds}}}, "fail": "{{{fail}}}", "seed": {{{seed}}}, "preview": false}},
         "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "sleep"}}
        }
        """);
}
