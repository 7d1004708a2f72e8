using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyUi.Simulator.Execution;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>What no ComfyUI has: faults, figures and a fresh start, under /__sim.</summary>
internal sealed class ControlRoutes(EngineParts parts, SimulatedProcess process)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private readonly SimulatorFaults _faults = new(parts.Faults, process);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/__sim/faults", Fault);
        app.MapGet("/__sim/stats", c => Answer(c, parts.Statistics.Snapshot()));
        app.MapPost("/__sim/reset", Reset);
    }

    private async Task Fault(HttpContext context)
    {
        FaultOrders orders;
        try
        {
            orders = await JsonSerializer.DeserializeAsync<FaultOrders>(context.Request.Body, Web, context.RequestAborted)
                ?? new FaultOrders();
        }
        catch (JsonException e)
        {
            await OddAnswers.Text(context, 400, e.Message);
            return;
        }

        await _faults.Apply(orders with { HangSeconds = null, RefuseConnectionsSeconds = null, CrashSeconds = null });

        // The answer has to be out before the connection is cut.
        context.Response.OnCompleted(() => _faults.Apply(new FaultOrders
        {
            HangSeconds = orders.HangSeconds,
            RefuseConnectionsSeconds = orders.RefuseConnectionsSeconds,
            CrashSeconds = orders.CrashSeconds,
        }));
        await Answer(context, orders);
    }

    private async Task Reset(HttpContext context)
    {
        _faults.Reset();
        await process.LoseQueueAndHistory();
        parts.Statistics.Reset();
        await OddAnswers.Empty(context);
    }

    private static Task Answer<T>(HttpContext context, T value) =>
        OddAnswers.Bytes(context, "application/json; charset=utf-8", JsonSerializer.SerializeToUtf8Bytes(value, Web));
}
