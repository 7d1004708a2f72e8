using ComfyGateway.Dispatch.Slots;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>A job that a slot has.</summary>
/// <param name="Rank">What it waited with; lower goes first, and the lowest of all is overtaken by nobody.</param>
/// <param name="Model">The models that it needs, as one text; null for none.</param>
internal sealed record ClaimedJob(Guid JobId, int Rank, string? Model, Slot Slot)
{
    public static string? ModelOf(IReadOnlyList<string> models) => models.Count == 0 ? null : string.Join('\n', models);

    /// <summary>From the first three columns of a row: id, rank, model.</summary>
    public static ClaimedJob Read(NpgsqlDataReader row, Slot slot) => new(row.GetGuid(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetString(2), slot);
}
