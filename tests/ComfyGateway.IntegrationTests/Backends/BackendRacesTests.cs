using System.Text.Json;
using ComfyGateway.IntegrationTests.Workflows;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Backends;

/// <summary>Administrators who decide about the same backend at the same moment, each at a gateway of their own.</summary>
public sealed class BackendRacesTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int Rounds = 8;

    private SimulatorServer _simulator = null!;
    private TestGateway _first = null!;
    private TestGateway _second = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase() };
        _first = await TestGateway.Start(postgres, _simulator, settings);
        _second = await TestGateway.Start(postgres, _simulator, settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _simulator.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_several_backends_with_one_id_one_is_added(bool byManyGateways)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = $"twice{round}";
            var answers = await AtOnce(4, byManyGateways, (admin, n) => Add(admin, id, port: 1 + n + (round * 4), slots: 2 + n));

            answers.Count(a => a.Status == 201).ShouldBe(1);
            answers.Where(a => a.Status != 201).ShouldAllBe(a => a.Status == 400 && a.Members.Single() == "id");
            var added = answers.Single(a => a.Status == 201).Body;
            await EachHas(id, b => b.GetProperty("url").GetString() == added.GetProperty("url").GetString() && b.GetProperty("slots").GetInt32() == added.GetProperty("slots").GetInt32());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_several_backends_at_one_server_one_is_added(bool byManyGateways)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var answers = await AtOnce(4, byManyGateways, (admin, n) => Add(admin, $"same{round}-{n}", port: 100 + round));

            answers.Count(a => a.Status == 201).ShouldBe(1);
            answers.Where(a => a.Status != 201).ShouldAllBe(a => a.Status == 400 && a.Members.Single() == "url");
        }
    }

    [Fact]
    public async Task Several_without_an_id_get_one_each()
    {
        var answers = await AtOnce(6, byManyGateways: true, (admin, n) => admin.Call("POST", "/admin/backends", $$"""{"url": "http://127.0.0.1:{{200 + n}}"}"""));

        answers.ShouldAllBe(a => a.Status == 201);
        answers.Select(a => a.Body.GetProperty("id").GetString()).Order().ShouldBe(["gpu1", "gpu2", "gpu3", "gpu4", "gpu5", "gpu6"]);
    }

    [Fact]
    public async Task One_that_is_added_and_deleted_at_once_is_there_or_not_and_nobody_is_told_of_a_failure()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = $"brief{round}";
            var answers = await AtOnce(2, byManyGateways: round % 2 == 0, (admin, n) => n == 0 ? Add(admin, id, port: 300 + round) : admin.Call("DELETE", $"/admin/backends/{id}"));

            answers[0].Status.ShouldBe(201, answers[0].Body.GetRawText());
            answers[1].Status.ShouldBeOneOf(204, 404);
            var isThere = answers[1].Status == 404;
            await Eventually.Holds(async () => (await Ids(_first)).Contains(id) == isThere && (await Ids(_second)).Contains(id) == isThere);
        }
    }

    [Fact]
    public async Task What_one_gateway_has_added_another_knows_at_once()
    {
        (await Add(_first.Admin, "known", port: 400)).Status.ShouldBe(201);

        (await _second.Admin.Call("POST", "/admin/backends/known/drain")).Status.ShouldBe(200);
        (await Add(_first.Admin, "known2", port: 401)).Status.ShouldBe(201);
        (await _second.Admin.Call("DELETE", "/admin/backends/known2")).Status.ShouldBe(204);
        (await _first.Admin.Call("DELETE", "/admin/backends/known2")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("drain", "drained")]
    [InlineData("resume", "healthy")]
    public async Task Who_decide_the_same_both_have_it(string decision, string state)
    {
        var answers = await AtOnce(6, byManyGateways: true, (admin, _) => admin.Call("POST", $"/admin/backends/gpu0/{decision}"));

        answers.ShouldAllBe(a => a.Status == 200);
        await EachHas("gpu0", b => b.GetProperty("state").GetString() == state);
    }

    private static Task<WorkflowCalls.Answer> Add(HttpClient admin, string id, int port, int slots = 1) =>
        admin.Call("POST", "/admin/backends", $$"""{"id": "{{id}}", "url": "http://127.0.0.1:{{port}}", "slots": {{slots}}}""");

    private Task<WorkflowCalls.Answer[]> AtOnce(int count, bool byManyGateways, Func<HttpClient, int, Task<WorkflowCalls.Answer>> call) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(n => Task.Run(() => call(byManyGateways && n % 2 == 1 ? _second.Admin : _first.Admin, n), Ct)));

    private async Task EachHas(string id, Func<JsonElement, bool> condition)
    {
        foreach (var gateway in new[] { _first, _second })
        {
            var listed = Array.Empty<JsonElement>();
            await Eventually.Holds(
                async () =>
                {
                    listed = [.. (await gateway.Get("/admin/backends")).GetProperty("backends").EnumerateArray().Where(b => b.GetProperty("id").GetString() == id)];
                    return listed is [var only] && condition(only);
                },
                otherwise: () => string.Join('\n', listed));
        }
    }

    private static async Task<string?[]> Ids(TestGateway gateway) =>
        [.. (await gateway.Get("/admin/backends")).GetProperty("backends").EnumerateArray().Select(b => b.GetProperty("id").GetString())];
}
