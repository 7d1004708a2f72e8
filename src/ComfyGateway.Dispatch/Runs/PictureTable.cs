using ComfyGateway.Platform.Events;
using Weasel.Postgresql.Tables;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Pictures on the way, one per run, overwritten and soon gone: nothing that a replay would have to rebuild.</summary>
internal sealed class PictureTable : Table
{
    public const string Name = EventStoreRegistration.Schema + ".preview";

    public PictureTable()
        : base(Name)
    {
        AddColumn("job_id", "uuid").AsPrimaryKey();
        AddColumn("content_type", "text").NotNull();
        AddColumn("image", "bytea").NotNull();
        AddColumn("at", "timestamptz").NotNull();
        Indexes.Add(new IndexDefinition("preview_at") { Columns = ["at"] });
    }
}
