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
}
