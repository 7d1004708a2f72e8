using System.Numerics;
using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Queueing;
using ComfyUi.Simulator.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>GET and POST /prompt.</summary>
internal sealed class PromptRoutes(EngineParts parts, SimulatedProcess process)
{
    private readonly PromptValidator _validator = new(parts.Catalog, parts.Folders, parts.Options.ValidateNodes);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/prompt", ["GET", "HEAD"], c => OddAnswers.Json(c, Engine.QueueStatus(process.Engine.Queue.Remaining)));
        app.MapPost("/prompt", Post);
    }

    private async Task Post(HttpContext context)
    {
        if (await OddAnswers.Body(context) is not { } body)
        {
            return;
        }

        await Accept(context, process.Engine, Envelope(PyJson.Parse(body)));
    }

    private async Task Accept(HttpContext context, Engine engine, PyDict envelope)
    {
        var number = NumberOf(envelope, engine);
        if (!envelope.TryGetValue("prompt", out var prompt))
        {
            await Refuse(context, new Verdict(ValidationProblems.NoPrompt, [], []));
            return;
        }

        var id = envelope.TryGetValue("prompt_id", out var given) ? PyText.Str(given) : Guid.CreateVersion7().ToString();
        var verdict = _validator.Validate(prompt, envelope.Find("partial_execution_targets"));
        var extraData = ExtraData(envelope);
        if (verdict.Error is not null)
        {
            await Refuse(context, verdict);
            return;
        }

        parts.Statistics.Received(id);
        engine.Queue.Put(new PromptItem(number, id, (PyDict)prompt!, extraData, verdict.Outputs));
        if (parts.Faults.TakeFailedAnswer())
        {
            throw PythonError.TypeError("The simulator was told to fail this answer");
        }

        await OddAnswers.Json(context, new PyDict { ["prompt_id"] = id, ["number"] = number, ["node_errors"] = verdict.NodeErrors });
    }

    /// <summary>A JSON list or string has no keys that Python's <c>in</c> would find, and so has no prompt.</summary>
    private static PyDict Envelope(object? json) => json switch
    {
        PyDict map => map,
        PyList list when !list.Contains("prompt") && !list.Contains("number") => [],
        string text when !text.Contains("prompt", StringComparison.Ordinal) && !text.Contains("number", StringComparison.Ordinal) => [],
        _ => throw PythonError.TypeError("the body is no object"),
    };

    private static object NumberOf(PyDict envelope, Engine engine)
    {
        if (envelope.TryGetValue("number", out var given))
        {
            return PyNumber.ToFloat(given);
        }

        BigInteger number = engine.TakeNumber();
        return PyText.IsTrue(envelope.Find("front")) ? -number : number;
    }

    private static object? ExtraData(PyDict envelope)
    {
        var extra = envelope.TryGetValue("extra_data", out var given) ? given : new PyDict();
        if (envelope.TryGetValue("client_id", out var clientId))
        {
            var map = extra as PyDict ?? throw PythonError.TypeError($"'{PyText.TypeName(extra)}' object does not support item assignment");
            map["client_id"] = clientId;
        }

        return extra;
    }

    private static Task Refuse(HttpContext context, Verdict verdict) =>
        OddAnswers.Json(context, new PyDict { ["error"] = verdict.Error, ["node_errors"] = verdict.NodeErrors }, 400);
}
