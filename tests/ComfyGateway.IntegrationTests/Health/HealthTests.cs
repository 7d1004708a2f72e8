using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Health;

public sealed class HealthTests(GatewayFixture fixture, PostgresFixture postgres) : GatewayTests(fixture)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task The_probes_need_no_credential(string path)
    {
        using var client = Gateway.Client(null);

        (await client.Json(path)).GetProperty("ok").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task The_state_of_everything_is_told()
    {
        using var client = Gateway.Client(null);
        var health = default(JsonElement);
        await Eventually.Holds(async () => (health = await client.Json("/health")).GetProperty("ok").GetBoolean(), otherwise: () => health.GetRawText());

        health.EnumerateObject().Select(m => m.Name).ShouldBe(["ok", "version", "uptime", "comfyui", "backends", "database", "queue", "storage"]);
        health.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        health.GetProperty("uptime").GetDouble().ShouldBeGreaterThan(0);
        health.GetProperty("database").GetProperty("reachable").GetBoolean().ShouldBeTrue();
        health.GetProperty("comfyui").GetProperty("reachable").GetBoolean().ShouldBeTrue();
        health.GetProperty("comfyui").GetProperty("models").GetInt32().ShouldBeGreaterThan(0);
        health.GetProperty("queue").GetProperty("queued").GetInt32().ShouldBe(0);
        var backend = health.GetProperty("backends").EnumerateArray().ShouldHaveSingleItem();
        backend.EnumerateObject().Select(m => m.Name).ShouldBe(["id", "url", "reachable", "slots", "busy", "queueDepth", "loadedModels", "lastError"]);
        backend.GetProperty("id").GetString().ShouldBe("gpu0");
    }

    [Fact]
    public async Task The_capabilities_are_those_of_the_settings_the_workflows_and_the_backends()
    {
        var capabilities = default(JsonElement);
        await Eventually.Holds(async () => (capabilities = await Gateway.User.Json("/capabilities")).GetProperty("nodeTypes").GetInt32() > 0);

        capabilities.GetProperty("maxSize").GetInt32().ShouldBe(2048);
        capabilities.GetProperty("maxBatch").GetInt32().ShouldBe(4);
        capabilities.GetProperty("storageProvider").GetString().ShouldBe("local");
        capabilities.GetProperty("formats").EnumerateArray().Select(f => f.GetString()).ShouldContain("png");
        capabilities.GetProperty("models").GetProperty("checkpoints").EnumerateArray().Select(c => c.GetString()).ShouldContain("sd_xl_base_1.0.safetensors");
        capabilities.GetProperty("models").GetProperty("loras").ValueKind.ShouldBe(JsonValueKind.Array);
        capabilities.GetProperty("models").GetProperty("vae").ValueKind.ShouldBe(JsonValueKind.Array);
        capabilities.GetProperty("limits").GetProperty("maxQueueDepth").GetInt32().ShouldBe(100_000);
        var workflow = capabilities.GetProperty("workflows").EnumerateArray().First();
        workflow.EnumerateObject().Select(m => m.Name).ShouldBe(["id", "name", "description", "version"]);
    }

    [Fact]
    public async Task Without_a_comfyui_the_gateway_is_ready_but_not_well()
    {
        await using var alone = await TestGateway.Start(postgres, new Dictionary<string, string> { ["COMFYUI_URL"] = "http://user:hunter2@127.0.0.1:1" });

        var health = await alone.Admin.Json("/health");

        health.GetProperty("ok").GetBoolean().ShouldBeFalse();
        health.GetProperty("backends")[0].GetProperty("reachable").GetBoolean().ShouldBeFalse();
        health.GetRawText().ShouldNotContain("hunter2");
        (await alone.Admin.Json("/health/ready")).GetProperty("ok").GetBoolean().ShouldBeTrue();
    }
}
