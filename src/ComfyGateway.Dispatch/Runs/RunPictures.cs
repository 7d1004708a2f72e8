using ComfyGateway.Jobs.Contracts;
using Npgsql;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>The latest picture on the way of each run, for other gateways to show. A crash may take it.</summary>
internal sealed class RunPictures(NpgsqlDataSource database)
{
    private const string Upsert = $"""
        insert into {PictureTable.Name} (job_id, content_type, image, at) values ($1, $2, $3, now())
        on conflict (job_id) do update set content_type = excluded.content_type, image = excluded.image, at = excluded.at
        """;

    // The ends of runs are not looked for: a picture that nobody renewed for a while is of none.
    private const string DeleteOld = $"delete from {PictureTable.Name} where at < now() - interval '1 minute'";

    private const string Select = $"select content_type, image from {PictureTable.Name} where job_id = $1";

    public async Task Put(Guid jobId, LivePreview preview, CancellationToken ct)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Upsert)
        {
            Parameters = { new() { Value = jobId }, new() { Value = preview.ContentType }, new() { Value = preview.Image.ToArray() } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(DeleteOld));
        await batch.ExecuteNonQueryAsync(ct);
    }

    public async Task<LivePreview?> Get(Guid jobId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Select);
        command.Parameters.Add(new() { Value = jobId });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new LivePreview(reader.GetString(0), await reader.GetFieldValueAsync<byte[]>(1, ct)) : null;
    }
}
