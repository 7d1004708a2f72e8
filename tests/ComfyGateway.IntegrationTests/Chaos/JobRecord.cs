using System.Text.Json.Nodes;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Postgres;
using JasperFx.Events;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>All that the database holds of one job.</summary>
/// <param name="Events">Its stream.</param>
/// <param name="View">The read model as it is stored.</param>
/// <param name="Replayed">The read model as Marten makes it of the stream now.</param>
/// <param name="Folded">The read model as the tests understand the stream.</param>
internal sealed record JobRecord(Guid Id, IReadOnlyList<IEvent> Events, JsonNode View, JsonNode Replayed, JsonNode Folded)
{
    /// <summary>The jobs in the data folder of a gateway that has stopped.</summary>
    public static async Task<IReadOnlyList<JobRecord>> ReadAll(string dataPath)
    {
        await using var postgres = await EmbeddedPostgres.Start(new EmbeddedPostgresOptions(dataPath), NullLogger.Instance);
        return await ReadDatabase(postgres.ConnectionString);
    }

    public static async Task<IReadOnlyList<JobRecord>> ReadDatabase(string connectionString)
    {
        var settings = TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = connectionString, ["COMFYUI_URL"] = "http://127.0.0.1:1" });
        await using var gateway = GatewayHost.Build(settings, connectionString);
        var store = gateway.Services.GetRequiredService<IDocumentStore>();
        await using var session = store.QuerySession();
        var ids = (await session.Events.QueryRawEventDataOnly<JobQueued>().Select(q => q.JobId).ToListAsync(Ct)).Distinct();
        var records = new List<JobRecord>();
        foreach (var id in ids)
        {
            records.Add(await Read(store, session, id));
        }

        return records;
    }

    /// <summary>What a failed test needs to tell.</summary>
    public string Story() => $"{Id}:\n{string.Join('\n', Events.Select(e => $"{e.Version} {e.Timestamp:O} {e.Data}"))}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static async Task<JobRecord> Read(IDocumentStore store, IQuerySession session, Guid id)
    {
        var events = await session.Events.FetchStreamAsync(id, token: Ct);
        var stored = await session.Json.FindByIdAsync<JobView>(id, Ct);
        var replayed = await session.Events.AggregateStreamAsync<JobView>(id, token: Ct);
        return new JobRecord(
            id, events, JsonNode.Parse(stored!)!, JsonNode.Parse(store.Options.Serializer().ToJson(replayed))!, JobFold.Fold(events, store.Options.Serializer()));
    }
}
