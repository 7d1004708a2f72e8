using System.Globalization;
using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Queueing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>/history and /history/{id}.</summary>
internal sealed class HistoryRoutes(SimulatedProcess process, FaultState faults)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/history", ["GET", "HEAD"], c => OddAnswers.Json(c, Page(c)));
        app.MapMethods("/history/{**id}", ["GET", "HEAD"], One);
        app.MapPost("/history", Change);
    }

    private PyDict Page(HttpContext context) => Read(h => h.Page(Number(context, "max_items"), Number(context, "offset") ?? -1));

    private PyDict Read(Func<PromptHistory, PyDict> read) => process.Engine.Queue.WithHistory(read);

    private async Task One(HttpContext context)
    {
        await Task.Delay(faults.HistoryDelay, context.RequestAborted);
        await OddAnswers.Json(context, Read(h => h.One(IdOf(context))));
    }

    private async Task Change(HttpContext context)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        var order = PyJson.Parse(body) as PyDict ?? [];
        Read(history =>
        {
            if (PyText.IsTrue(order.Find("clear")))
            {
                history.Clear();
            }

            foreach (var id in QueueRoutes.IdsToDelete(order))
            {
                history.Delete(id);
            }

            return [];
        });
        await OddAnswers.Empty(context);
    }

    /// <summary>Ids may hold an encoded slash, which the decoded path keeps encoded.</summary>
    private static string IdOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        return Uri.UnescapeDataString(target[(target.IndexOf("/history/", StringComparison.Ordinal) + "/history/".Length)..]);
    }

    private static int? Number(HttpContext context, string name) =>
        context.Request.Query.TryGetValue(name, out var text) ? int.Parse(text.ToString(), CultureInfo.InvariantCulture) : null;
}
