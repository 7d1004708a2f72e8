namespace ComfyUi.Simulator;

/// <summary>The model folders of a ComfyUI installation.</summary>
public static class ModelFolders
{
    /// <summary>The folder names in the order in which the server lists them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models", "embeddings",
        "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models", "custom_nodes", "hypernetworks", "photomaker",
        "classifiers", "model_patches", "audio_encoders",
    ];

    /// <summary>File names that many published workflows ask for.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Default { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["checkpoints"] =
        [
            "dummy-common.safetensors", "dummy-only-8188.safetensors", "flux1-dev-fp8.safetensors", "sd_xl_base_1.0.safetensors",
            "sd_xl_refiner_1.0.safetensors", "v1-5-pruned-emaonly-fp16.safetensors", "v1-5-pruned-emaonly.safetensors",
        ],
        ["loras"] = ["dummy-lora.safetensors", "sdxl_lightning_4step_lora.safetensors"],
        ["vae"] = ["ae.safetensors", "pixel_space", "sdxl_vae.safetensors", "vae-ft-mse-840000-ema-pruned.safetensors"],
        ["text_encoders"] = ["clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"],
        ["diffusion_models"] = ["flux1-dev.safetensors", "flux1-schnell.safetensors"],
        ["controlnet"] = ["control_v11p_sd15_canny.pth"],
        ["upscale_models"] = ["4x-UltraSharp.pth", "RealESRGAN_x4plus.pth"],
        ["embeddings"] = ["EasyNegative.safetensors"],
    };
}
