using System.Net.Http.Json;
using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Settings;
using ComfyUi.Simulator;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests;

/// <summary>A gateway on a free port with a database, a store and a simulated ComfyUI of its own; spoken to over HTTP.</summary>
public sealed class TestGateway : IAsyncDisposable
{
    public const string AdminKey = "admin-key";
    public const string UserKey = "user-key";
    public const string OtherKey = "other-key";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder;
    private readonly Gateway _gateway;

    private TestGateway(Gateway gateway, SimulatorServer simulator, DirectoryInfo folder)
    {
        (_gateway, Simulator, _folder) = (gateway, simulator, folder);
        Admin = Client(AdminKey);
        User = Client(UserKey);
    }

    public SimulatorServer Simulator { get; }

    public HttpClient Admin { get; }

    public HttpClient User { get; }

    public Uri Url => _gateway.Url;

    /// <summary>Where the local store keeps its files.</summary>
    public string StoragePath => _folder.FullName;

    public static async Task<TestGateway> Start(
        PostgresFixture postgres, IReadOnlyDictionary<string, string>? settings = null, SimulatorOptions? simulation = null)
    {
        var simulator = await SimulatorServer.Start(
            (simulation ?? new SimulatorOptions { StepTime = TimeSpan.FromMilliseconds(2) }) with { Port = 0 }, CancellationToken.None);
        return await Start(postgres, simulator, settings);
    }

    public static async Task<TestGateway> Start(
        PostgresFixture postgres, SimulatorServer simulator, IReadOnlyDictionary<string, string>? settings = null, GatewayRole role = GatewayRole.All)
    {
        var folder = Directory.CreateTempSubdirectory("cg-");
        var variables = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = await postgres.CreateDatabase(),
            ["STORAGE_LOCAL_PATH"] = folder.FullName,
            ["COMFYUI_URL"] = simulator.BaseUrl.ToString(),
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            variables[name] = value;
        }

        return new TestGateway(await Gateway.Start(TestSettings.Read(variables) with { Role = role }, CancellationToken.None), simulator, folder);
    }

    /// <summary>A part of it, for what only time does otherwise.</summary>
    public T Part<T>()
        where T : notnull => _gateway.Parts.GetRequiredService<T>();

    /// <summary>A client with this key, or without credentials.</summary>
    public HttpClient Client(string? key)
    {
        var client = new HttpClient { BaseAddress = Url };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("X-API-Key", key);
        }

        return client;
    }

    /// <summary>Posts a job and expects it to be accepted.</summary>
    public async Task<Guid> Submit(object body, HttpClient? client = null)
    {
        using var response = await (client ?? User).PostAsJsonAsync("/jobs", body, Ct);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
        ((int)response.StatusCode).ShouldBe(202, answer.GetRawText());
        return answer.GetProperty("jobId").GetGuid();
    }

    /// <summary>The job once it has ended.</summary>
    public Task<JsonElement> End(Guid jobId) => Until(
        jobId, job => job.GetProperty("status").GetString() is "succeeded" or "failed" or "canceled");

    /// <summary>The job once it runs.</summary>
    public Task<JsonElement> UntilRunning(Guid jobId) => Until(jobId, job => job.GetProperty("status").GetString() == "running");

    /// <summary>The job once <paramref name="condition"/> holds.</summary>
    public async Task<JsonElement> Until(Guid jobId, Func<JsonElement, bool> condition)
    {
        var job = default(JsonElement);
        await Eventually.Holds(async () => condition(job = await Get($"/jobs/{jobId}")), Patience, () => $"job {job}");
        return job;
    }

    /// <summary>The kinds of a job's events, in order.</summary>
    public async Task<string[]> Events(Guid jobId) =>
        [.. (await Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()!)];

    /// <summary>Once all backends work: before that a fault of the simulator may hit the greeting of a socket, without which nothing is sent.</summary>
    /// <param name="condition">What must hold of each of them besides.</param>
    public Task WorksWithAll(Func<JsonElement, bool>? condition = null) => Eventually.Holds(
        async () => (await Get("/admin/backends")).GetProperty("backends").EnumerateArray()
            .All(b => b.GetProperty("state").GetString() == "healthy" && condition?.Invoke(b) != false));

    /// <summary>A slot that has nothing to do, for a job that is about to be accepted.</summary>
    /// <param name="condition">What must hold of the submission.</param>
    public async Task<IHandOff> HandOff(JobQueued job, Func<JobSubmitted, bool>? condition = null)
    {
        var handOff = Part<IJobQueue>().HandOff([job]);
        await Eventually.Holds(() =>
        {
            if (!IsWanted())
            {
                handOff.Dispose();
                handOff = Part<IJobQueue>().HandOff([job]);
            }

            return Task.FromResult(IsWanted());
        });
        return handOff;

        bool IsWanted() => handOff.Submissions.TryGetValue(job.JobId, out var submission) && condition?.Invoke(submission) != false;
    }

    /// <summary>What the intake commits to accept a job that a slot has; it is the caller's to commit.</summary>
    public async Task<StatementBatch> Acceptance(JobQueued job, IHandOff handOff)
    {
        var submitted = handOff.Submissions.ShouldHaveSingleItem().Value;
        var batch = new StatementBatch();
        await Part<IMediator>().Publish(new JobsQueuing(batch, [job]), Ct);
        handOff.Claim(batch);
        Part<JobStreams>().Begin(batch, [new JobAppend([job, submitted], KnownJob.Of(job).After(submitted))]);
        return batch;
    }

    /// <summary>Commits it, and tells nobody.</summary>
    public async Task Commit(StatementBatch batch)
    {
        await using var connection = new StatementConnection(Part<NpgsqlDataSource>());
        await connection.Commit(batch, Ct);
    }

    /// <summary>A client of the simulator, as one that goes past the gateway.</summary>
    public HttpClient ComfyUi() => new() { BaseAddress = Simulator.BaseUrl };

    public async Task<JsonElement> Get(string path) => await Admin.GetFromJsonAsync<JsonElement>(path, Ct);

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        User.Dispose();
        await _gateway.DisposeAsync();
        await Simulator.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
