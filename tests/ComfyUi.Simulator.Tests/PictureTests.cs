using ComfyUi.Simulator.Images;

namespace ComfyUi.Simulator.Tests;

public sealed class PictureTests
{
    [Fact]
    public async Task A_text_to_image_prompt_gives_pictures_of_the_asked_size()
    {
        await using var comfy = await Simulated.Start();

        var pictures = await comfy.Pictures(await comfy.Run(Prompts.TextToImage(width: 320, height: 192, batch: 2)));

        pictures.Count.ShouldBe(2);
        pictures.Select(p => RasterFiles.Load(p, "")).ShouldAllBe(r => r.Width == 320 && r.Height == 192 && r.Channels == 3);
        pictures[0].ShouldNotBe(pictures[1]);
    }

    [Fact]
    public async Task The_same_seed_and_text_give_the_same_pixels_on_any_server()
    {
        await using var one = await Simulated.Start();
        await using var other = await Simulated.Start();

        var first = await Pixels(one, Prompts.TextToImage(seed: 7));
        (await Pixels(other, Prompts.TextToImage(seed: 7))).ShouldBe(first);
        (await Pixels(other, Prompts.TextToImage(seed: 8))).ShouldNotBe(first);
        (await Pixels(other, Prompts.TextToImage("a windmill", seed: 7))).ShouldNotBe(first);
    }

    [Fact]
    public async Task Files_carry_the_prompt_and_what_the_caller_sent_along()
    {
        await using var comfy = await Simulated.Start();

        await comfy.Post("/prompt", $$$"""{"prompt_id": "p", "extra_data": {"extra_pnginfo": {"workflow": {"note": "ü"} } }, "prompt": {{{Prompts.Simple()}}} }""");
        var file = (await comfy.Pictures(await comfy.Ended("p"))).ShouldHaveSingleItem();

        var texts = PngChunks.Read(file).Where(c => c.Type == "tEXt").Select(c => System.Text.Encoding.Latin1.GetString(c.Data)).ToList();
        texts[0].ShouldStartWith("prompt\0{\"1\": {\"class_type\": \"EmptyImage\"");
        texts[1].ShouldBe("workflow\0{\"note\": \"\\u00fc\"}");
    }

    [Theory]
    [InlineData("ImageInvert", """{"image": ["1", 0]}""", 4, 2, "ff00fd")]
    [InlineData("ImageScale", """{"image": ["1", 0], "upscale_method": "nearest-exact", "width": 8, "height": 0, "crop": "disabled"}""", 8, 4, "00ff02")]
    [InlineData("ImageScaleBy", """{"image": ["1", 0], "upscale_method": "bilinear", "scale_by": 2.5}""", 10, 5, "00ff02")]
    [InlineData("ImageCrop", """{"image": ["1", 0], "x": 1, "y": 1, "width": 2, "height": 1}""", 2, 1, "00ff02")]
    [InlineData("ImagePadForOutpaint", """{"image": ["1", 0], "left": 0, "top": 0, "right": 8, "bottom": 8, "feathering": 0}""", 12, 10, "00ff02")]
    [InlineData("SplitImageWithAlpha", """{"image": ["1", 0]}""", 4, 2, "00ff02")]
    public async Task Nodes_work_on_pixels(string node, string inputs, int width, int height, string firstPixel)
    {
        await using var comfy = await Simulated.Start();

        var picture = await Picture(comfy, $$$"""
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 4, "height": 2, "batch_size": 1, "color": 65282}},
             "2": {"class_type": "{{{node}}}", "inputs": {{{inputs}}}},
             "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}}
            }
            """);

        (picture.Width, picture.Height).ShouldBe((width, height));
        Convert.ToHexStringLower(picture.Pixels[..3]).ShouldBe(firstPixel);
    }

    [Fact]
    public async Task A_graph_that_ends_with_alpha_gives_a_transparent_picture()
    {
        await using var comfy = await Simulated.Start();

        var picture = await Picture(comfy, """
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 8, "batch_size": 1, "color": 255}},
             "2": {"class_type": "EmptyImage", "inputs": {"width": 4, "height": 4, "batch_size": 1, "color": 4194304}},
             "3": {"class_type": "ImageToMask", "inputs": {"image": ["2", 0], "channel": "red"}},
             "4": {"class_type": "InvertMask", "inputs": {"mask": ["3", 0]}},
             "5": {"class_type": "JoinImageWithAlpha", "inputs": {"image": ["1", 0], "alpha": ["4", 0]}},
             "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "x"}}}
            """);

        (picture.Width, picture.Height, picture.Channels).ShouldBe((16, 8, 4));
        picture.Pixels[..4].ShouldBe(new byte[] { 0, 0, 255, 64 });
    }

    [Fact]
    public async Task An_upscale_model_makes_four_pixels_of_one()
    {
        await using var comfy = await Simulated.Start();

        var picture = await Picture(comfy, """
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 20, "height": 10, "batch_size": 1, "color": 255}},
             "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "RealESRGAN_x4plus.pth"}},
             "3": {"class_type": "ImageUpscaleWithModel", "inputs": {"upscale_model": ["2", 0], "image": ["1", 0]}},
             "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}}}
            """);

        (picture.Width, picture.Height).ShouldBe((80, 40));
    }

    [Fact]
    public async Task A_custom_sampler_and_a_latent_upscale_give_the_size_of_the_latent()
    {
        await using var comfy = await Simulated.Start(new SimulatorOptions { StepTime = TimeSpan.Zero });

        var picture = await Picture(comfy, """
            {"1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"}},
             "2": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "clip_l.safetensors", "clip_name2": "t5xxl_fp8_e4m3fn.safetensors", "type": "flux"}},
             "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a bridge", "clip": ["2", 0]}},
             "4": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["3", 0], "guidance": 3.5}},
             "5": {"class_type": "BasicGuider", "inputs": {"model": ["1", 0], "conditioning": ["4", 0]}},
             "6": {"class_type": "RandomNoise", "inputs": {"noise_seed": 18446744073709551615}},
             "7": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
             "8": {"class_type": "BasicScheduler", "inputs": {"model": ["1", 0], "scheduler": "simple", "steps": 3, "denoise": 1.0}},
             "9": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 128, "height": 96, "batch_size": 1}},
             "10": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["6", 0], "guider": ["5", 0], "sampler": ["7", 0], "sigmas": ["8", 0], "latent_image": ["9", 0]}},
             "11": {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["10", 0], "upscale_method": "bislerp", "scale_by": 2.0}},
             "12": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
             "13": {"class_type": "VAEDecode", "inputs": {"samples": ["11", 0], "vae": ["12", 0]}},
             "14": {"class_type": "SaveImage", "inputs": {"images": ["13", 0], "filename_prefix": "flux"}}}
            """);

        (picture.Width, picture.Height).ShouldBe((256, 192));
    }

    [Fact]
    public async Task Animations_are_one_file_of_many_frames()
    {
        await using var comfy = await Simulated.Start();

        var history = await comfy.Run("""
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 255}},
             "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
             "3": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["2", 0]}},
             "4": {"class_type": "SaveAnimatedPNG", "inputs": {"images": ["3", 0], "filename_prefix": "a", "fps": 6.0, "compress_level": 4}},
             "5": {"class_type": "SaveAnimatedWEBP", "inputs": {"images": ["3", 0], "filename_prefix": "a", "fps": 6.0, "lossless": true, "quality": 80, "method": "default"}}}
            """);
        var files = await comfy.Pictures(history);

        PngChunks.Read(files[0]).Select(c => c.Type).ShouldBe(["IHDR", "tEXt", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "IEND"]);
        NetVips.Image.NewFromBuffer(files[1], "n=-1").Height.ShouldBe(32);
    }

    [Fact]
    public void Text_that_the_font_lacks_is_named_and_long_words_are_broken()
    {
        Caption.Readable("a図\n!").ShouldBe("a[56F3] !");
        Caption.Wrap("one two threefour", 5).ShouldBe(["one", "two", "three", "four"]);
    }

    [Fact]
    public void The_font_has_all_printable_ascii() => Enumerable.Range(32, 95).ShouldAllBe(c => Glyphs.Has((char)c));

    private static async Task<Raster> Picture(Simulated comfy, string prompt) =>
        RasterFiles.Load((await comfy.Pictures(await comfy.Run(prompt))).ShouldHaveSingleItem(), "");

    private static async Task<byte[]> Pixels(Simulated comfy, string prompt) => (await Picture(comfy, prompt)).Pixels;
}
