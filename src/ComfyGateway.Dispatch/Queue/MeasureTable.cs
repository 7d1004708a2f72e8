using ComfyGateway.Platform.Events;
using Weasel.Postgresql.Tables;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>How long things took lately, on each backend: what every gateway measured, merged. Lost, it is measured again (docs/adr/0026).</summary>
internal sealed class MeasureTable : Table
{
    public const string Name = EventStoreRegistration.Schema + ".measure";

    public MeasureTable()
        : base(Name)
    {
        AddColumn("what", "text").AsPrimaryKey();
        AddColumn("backend", "text").AsPrimaryKey();
        AddColumn("seconds", "double precision").NotNull();
        AddColumn("times", "bigint").NotNull();
        AddColumn("at", "timestamptz").NotNull();
    }
}
