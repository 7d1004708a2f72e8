using System.Text.Json;
using ComfyGateway.IntegrationTests.Workflows;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Backends;

public sealed class BackendAdministrationTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private SimulatorServer _second = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start(postgres);
        _second = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task An_added_backend_runs_jobs_and_is_there_after_a_look_at_the_list()
    {
        var added = await _gateway.Admin.Call("POST", "/admin/backends", $$"""{"id": "second", "url": "{{_second.BaseUrl}}", "slots": 2}""");

        added.Status.ShouldBe(201);
        added.Location!.OriginalString.ShouldBe("/admin/backends/second");
        await Until("second", b => b.GetProperty("state").GetString() == "healthy" && b.GetProperty("slots").GetInt32() == 2);
        (await RunMany(6)).ShouldContain("second");
    }

    [Fact]
    public async Task A_drained_backend_is_given_no_more_jobs_until_it_is_resumed()
    {
        await Add("second");
        (await _gateway.Admin.Call("POST", "/admin/backends/gpu0/drain")).Status.ShouldBe(200);
        await Until("gpu0", b => b.GetProperty("state").GetString() == "drained");

        (await RunMany(4)).ShouldAllBe(b => b == "second");

        (await _gateway.Admin.Call("POST", "/admin/backends/gpu0/resume")).Body.GetProperty("state").GetString().ShouldBe("healthy");
        (await _gateway.Admin.Call("POST", "/admin/backends/second/drain")).Status.ShouldBe(200);
        (await RunMany(2)).ShouldAllBe(b => b == "gpu0");
    }

    [Fact]
    public async Task While_it_drains_what_runs_runs_on_and_what_waits_behind_it_goes_elsewhere()
    {
        var running = await _gateway.Submit(new { workflow = Graphs.Sleep(steps: 40, seconds: 4) }, _gateway.Admin);
        var behind = await _gateway.Submit(new { workflow = Graphs.Sleep() }, _gateway.Admin);
        await _gateway.Until(running, HasStarted);
        await Add("second");

        (await _gateway.Admin.Call("POST", "/admin/backends/gpu0/drain")).Body.GetProperty("state").GetString().ShouldBe("draining");

        var moved = await _gateway.End(behind);
        moved.GetProperty("backend").GetString().ShouldBe("second");
        moved.GetProperty("attempts").GetInt32().ShouldBe(1);
        (await _gateway.End(running)).GetProperty("backend").GetString().ShouldBe("gpu0");
        await Until("gpu0", b => b.GetProperty("state").GetString() == "drained");
    }

    [Fact]
    public async Task A_deleted_backend_is_gone_and_what_ran_there_ends()
    {
        await Add("second");
        var running = await _gateway.Submit(new { workflow = Graphs.Sleep(steps: 30, seconds: 3) }, _gateway.Admin);
        await _gateway.Until(running, HasStarted);
        var on = (await _gateway.Get($"/jobs/{running}")).GetProperty("backend").GetString();

        (await _gateway.Admin.Call("DELETE", $"/admin/backends/{on}")).Status.ShouldBe(204);

        (await _gateway.Admin.Call("GET", $"/admin/backends/{on}")).Code.ShouldBe("BACKEND_NOT_FOUND");
        (await _gateway.Get("/admin/backends")).GetProperty("backends").GetArrayLength().ShouldBe(1);
        (await RunMany(2)).ShouldAllBe(b => b != on);
        (await _gateway.End(running)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Theory]
    [InlineData("""{"id": "gpu0", "url": "http://127.0.0.1:1"}""", "id")]
    [InlineData("""{"id": "a b", "url": "http://127.0.0.1:1"}""", "id")]
    [InlineData("""{"url": "ftp://127.0.0.1"}""", "url")]
    [InlineData("""{"url": "http://127.0.0.1/?x=1"}""", "url")]
    [InlineData("""{"url": "http://127.0.0.1:1/\u0000"}""", "url")]
    [InlineData("""{"url": "http://u\u0000:p@127.0.0.1:1"}""", "url")]
    [InlineData("""{}""", "url")]
    [InlineData("""{"url": "http://127.0.0.1:1", "slots": 0}""", "slots")]
    [InlineData("""{"url": "http://127.0.0.1:1", "slots": 65}""", "slots")]
    public async Task A_bad_backend_is_refused_by_member(string body, string member)
    {
        var answer = await _gateway.Admin.Call("POST", "/admin/backends", body);

        (answer.Status, answer.Members.Single()).ShouldBe((400, member));
        (await _gateway.Get("/admin/backends")).GetProperty("backends").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_server_is_not_added_twice()
    {
        var answer = await _gateway.Admin.Call("POST", "/admin/backends", $$"""{"url": "{{_gateway.Simulator.BaseUrl}}"}""");

        (answer.Status, answer.Members.Single()).ShouldBe((400, "url"));
    }

    [Theory]
    [InlineData("GET", "/admin/backends")]
    [InlineData("GET", "/admin/backends/gpu0")]
    [InlineData("POST", "/admin/backends/gpu0/drain")]
    [InlineData("POST", "/admin/backends/gpu0/resume")]
    [InlineData("DELETE", "/admin/backends/gpu0")]
    public async Task Users_may_not(string method, string path) =>
        (await _gateway.User.Call(method, path)).Code.ShouldBe("FORBIDDEN");

    [Theory]
    [InlineData("GET", "/admin/backends/none")]
    [InlineData("POST", "/admin/backends/none/drain")]
    [InlineData("POST", "/admin/backends/none/resume")]
    [InlineData("DELETE", "/admin/backends/none")]
    public async Task An_unknown_backend_is_not_found(string method, string path) =>
        (await _gateway.Admin.Call(method, path)).Code.ShouldBe("BACKEND_NOT_FOUND");

    private async Task Add(string id)
    {
        (await _gateway.Admin.Call("POST", "/admin/backends", $$"""{"id": "{{id}}", "url": "{{_second.BaseUrl}}"}""")).Status.ShouldBe(201);
        await Until(id, b => b.GetProperty("state").GetString() == "healthy");
    }

    private Task Until(string id, Func<JsonElement, bool> condition) =>
        Eventually.Holds(async () => condition(await _gateway.Get($"/admin/backends/{id}")));

    private async Task<string?[]> RunMany(int count)
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => _gateway.Submit(new { workflow = Graphs.Sleep(steps: 2, seconds: 0.2) }, _gateway.Admin)));
        return [.. (await Task.WhenAll(jobs.Select(_gateway.End))).Select(j => j.GetProperty("backend").GetString())];
    }

    private static bool HasStarted(JsonElement job) => job.GetProperty("timing").GetProperty("startedAt").ValueKind != JsonValueKind.Null;
}
