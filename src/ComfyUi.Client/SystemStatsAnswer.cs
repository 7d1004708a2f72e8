using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads GET /system_stats.</summary>
internal static class SystemStatsAnswer
{
    public static SystemStats Read(JsonElement root)
    {
        var system = root.Member("system") ?? throw new JsonException("The answer is not a system_stats.");
        return new SystemStats(
            system.Text("comfyui_version"),
            system.Text("python_version"),
            system.Text("pytorch_version"),
            system.Text("os"),
            system.Integer("ram_total"),
            system.Integer("ram_free"),
            [.. root.Member("devices").Items().Select(Device)]);
    }

    private static SystemDevice Device(JsonElement device) => new(
        device.Text("name") ?? "",
        device.Text("type") ?? "",
        (int?)device.Integer("index"),
        device.Integer("vram_total"),
        device.Integer("vram_free"));
}
