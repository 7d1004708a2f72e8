using System.Text;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>Video, sound and meshes: a file of the right name with a note inside, so that a client has something to fetch.</summary>
internal static class PlaceholderNodes
{
    public static NodeResult Video(NodeCall call) => Write(call, "mp4", "images", isAnimated: true);

    public static NodeResult Webm(NodeCall call) => Write(call, "webm", "images", isAnimated: true);

    public static NodeResult Audio(NodeCall call) => Write(call, "flac", "audio", isAnimated: false);

    public static NodeResult Mesh(NodeCall call) => Write(call, "glb", "3d", isAnimated: false);

    private static NodeResult Write(NodeCall call, string extension, string kind, bool isAnimated)
    {
        var image = call.Linked.SelectMany(v => v.Pixels).Cast<Raster?>().FirstOrDefault();
        var place = OutputPlace.For(call.Run.Engine.Parts.Folders, "output", call.Text("filename_prefix") ?? "ComfyUI", image);
        var name = place.Name(0, "0", extension);
        File.WriteAllBytes(Path.Combine(place.Folder, name), Encoding.UTF8.GetBytes($"ComfyUI simulator: a placeholder for {name}\n"));
        var shown = new PyDict { [kind] = new PyList { place.Entry(name) } };
        if (isAnimated)
        {
            shown["animated"] = new PyList { true };
        }

        return NodeResult.Shows(shown);
    }
}
