using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Queueing;

namespace ComfyUi.Simulator.Execution;

/// <summary>The single worker thread: one prompt at a time.</summary>
internal sealed class Worker(Engine engine)
{
    public async Task Run(CancellationToken ct)
    {
        try
        {
            while (!ct.IsCancellationRequested)
            {
                if (await engine.Queue.Take(ct) is { } item)
                {
                    await Execute(item, ct);
                }

                FulfilWishes();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops or has crashed.
        }
        catch (PythonError)
        {
            // What escapes a prompt ends the thread in ComfyUI too: the prompt stays in queue_running and nobody takes the next.
        }
    }

    private async Task Execute(PromptItem item, CancellationToken ct)
    {
        engine.ForgetInterrupt();
        engine.ClientId = ClientOf(item.ExtraData);
        engine.Parts.Statistics.Started(item.Id);
        var run = new PromptRun(engine, item, ct);
        await run.Execute();

        if (engine.Parts.Options.HistoryLag > TimeSpan.Zero)
        {
            await Task.Delay(engine.Parts.Options.HistoryLag, ct);
        }

        engine.Parts.Statistics.Finished(item.Id);
        var entry = run.HistoryEntry();
        if (engine.Parts.Faults.TakeHistoryOutputs() is { } outputs)
        {
            entry["outputs"] = outputs;
        }

        engine.Queue.Finish(item, entry);
        if (engine.ClientId is not null)
        {
            engine.Send("executing", new PyDict { ["node"] = null, ["prompt_id"] = item.Id }, engine.ClientId);
        }
    }

    private string? ClientOf(object? extraData)
    {
        if (extraData is not (PyDict or PyList or string))
        {
            throw PythonError.TypeError($"argument of type '{PyText.TypeName(extraData)}' is not iterable");
        }

        var client = (extraData as PyDict)?.Find("client_id");
        if (client is PyDict or PyList)
        {
            engine.Parts.Faults.CrashAsProcess();
            throw PythonError.TypeError($"unhashable type: '{PyText.TypeName(client)}'");
        }

        // A client id that is no string never equals the name of a socket; the prefix keeps 5 apart from "5".
        return client is null or string ? (string?)client : $"\0{PyText.Repr(client)}";
    }

    private void FulfilWishes()
    {
        var (unloadModels, freeMemory) = engine.Queue.TakeWishes();
        engine.LoadedCheckpoint = unloadModels ? null : engine.LoadedCheckpoint;
        if (freeMemory)
        {
            engine.Cache.Clear();
        }
    }
}
