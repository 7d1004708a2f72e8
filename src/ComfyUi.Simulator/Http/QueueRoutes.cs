using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Python;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>/queue, /interrupt and /free.</summary>
internal sealed class QueueRoutes(EngineParts parts, SimulatedProcess process)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/queue", ["GET", "HEAD"], c => OddAnswers.Json(c, process.Engine.Queue.Snapshot()));
        app.MapPost("/queue", Change);
        app.MapPost("/interrupt", Interrupt);
        app.MapPost("/free", Free);
    }

    /// <summary>What Python walks through in <c>for id in json["delete"]</c>: a string letter by letter.</summary>
    public static IEnumerable<string> IdsToDelete(PyDict json) => json.Find("delete") switch
    {
        null => [],
        PyList list => list.OfType<string>(),
        string text => text.Select(c => c.ToString()),
        PyDict map => map.Keys,
        var other => throw PythonError.TypeError($"'{PyText.TypeName(other)}' object is not iterable"),
    };

    public static PyDict AsObject(object? json) =>
        json as PyDict ?? throw new PythonError("AttributeError", $"'{PyText.TypeName(json)}' object has no attribute 'get'");

    private async Task Change(HttpContext context)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        var json = PyJson.Parse(body);
        if (json is PyDict order)
        {
            if (PyText.IsTrue(order.Find("clear")))
            {
                process.Engine.Queue.Clear();
            }

            foreach (var id in IdsToDelete(order))
            {
                process.Engine.Queue.Delete(id);
            }
        }
        else if (json is not (PyList or string))
        {
            throw PythonError.TypeError($"argument of type '{PyText.TypeName(json)}' is not iterable");
        }

        await OddAnswers.Empty(context);
    }

    private async Task Interrupt(HttpContext context)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        var promptId = AsObject(ParseOrEmpty(body)).Find("prompt_id");
        var isMeant = !PyText.IsTrue(promptId) || (promptId is string id && process.Engine.Queue.IsRunning(id));
        if (isMeant && !parts.Faults.TakeLostInterrupt())
        {
            process.Engine.Interrupt();
        }

        await OddAnswers.Empty(context);
    }

    private async Task Free(HttpContext context)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        var json = AsObject(PyJson.Parse(body));
        process.Engine.Queue.Wish(PyText.IsTrue(json.Find("unload_models")), PyText.IsTrue(json.Find("free_memory")));
        await OddAnswers.Empty(context);
    }

    private static object? ParseOrEmpty(byte[] body)
    {
        try
        {
            return PyJson.Parse(body);
        }
        catch (PythonError e) when (e.Type == "json.decoder.JSONDecodeError")
        {
            return new PyDict();
        }
    }
}
