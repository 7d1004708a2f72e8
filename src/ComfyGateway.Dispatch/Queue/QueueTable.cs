using ComfyGateway.Platform.Events;
using Weasel.Postgresql.Tables;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// The jobs that wait or run. A row comes with its job's first event and goes with its last, in the same transactions, so a replay
/// rebuilds which jobs are here; the turn, and which slot has a row, are this table's own.
/// </summary>
internal sealed class QueueTable : Table
{
    public const string Name = EventStoreRegistration.Schema + ".queue";

    public QueueTable()
        : base(Name)
    {
        AddColumn("job_id", "uuid").AsPrimaryKey();
        AddColumn("owner", "text").NotNull();
        // The negated priority: so one ascending index gives the order of service.
        AddColumn("rank", "integer").NotNull();
        // Within a priority the turn decides: an owner's n-th waiting job gets a turn in the n-th round after the one being served.
        AddColumn("turn", "bigint").NotNull();
        AddColumn("not_before", "timestamptz").NotNull().DefaultValueByExpression("now()");
        // The slot that has the job, as backend/number; null while it waits.
        AddColumn("slot", "text");
        // The models that it needs, which a slot may have loaded; null for none.
        AddColumn("model", "text");
        // The workflow version, for estimates of how long it will take; null for an inline graph.
        AddColumn("work", "text");
        // When it was first passed over for a job whose model was loaded.
        AddColumn("passed_at", "timestamptz");
        // Backends that lack a node class or a model of it.
        AddColumn("unfit", "text[]").NotNull().DefaultValueByExpression("'{}'");
        // The backend that its last attempt failed on: another goes first.
        AddColumn("avoid", "text");
        // Somebody wants the end of a job that a slot has.
        AddColumn("cancel", "boolean").NotNull().DefaultValueByExpression("false");

        Indexes.Add(new IndexDefinition("queue_order") { Columns = ["rank", "turn", "job_id"], Predicate = "slot is null" });
        Indexes.Add(new IndexDefinition("queue_owner") { Columns = ["owner", "rank", "turn"], Predicate = "slot is null" });
        Indexes.Add(new IndexDefinition("queue_served") { Columns = ["rank", "turn"], Predicate = "slot is not null" });
        Indexes.Add(new IndexDefinition("queue_slot") { Columns = ["slot"], Predicate = "slot is not null" });
    }
}
