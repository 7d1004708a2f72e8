using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>Replays HTTP recordings one after the other against one simulator and compares the answers.</summary>
internal sealed class HttpReplay(
    SimulatorServer server, BigInteger firstNumber, bool keepCounters = false, int actualFirstNumber = 0)
{
    private readonly Normal _expected = new(firstNumber, keepCounters);
    private readonly Normal _actual = new(actualFirstNumber, keepCounters);
    private readonly Dictionary<string, string> _ids = [];

    public async Task Replay(string name, string? body = null)
    {
        var recording = Recording.Read(name);
        var expected = Recording.Response(recording);
        var actual = await Exchange(Recording.Request(recording, body), expected);
        Compare(name, expected, actual);
    }

    /// <summary>Sends with the ids of this run in place of the recorded ones, and waits until what it started is over.</summary>
    public async Task<RawResponse> Exchange(RawRequest request, RawResponse expected, bool waitForEnd = true)
    {
        var actual = await RawHttp.Send(server.BaseUrl, Translated(request));
        if (request.Method == "POST" && request.Path == "/prompt" && actual.Status == 200 && expected.Status == 200)
        {
            Learn(expected, actual);
            if (waitForEnd)
            {
                await UntilIdle();
            }
        }

        return actual;
    }

    public void Compare(string name, RawResponse expected, RawResponse actual)
    {
        actual.Status.ShouldBe(expected.Status, name);
        foreach (var header in new[] { "Content-Type", "Content-Disposition", "Accept-Ranges", "Access-Control-Allow-Origin" })
        {
            // aiohttp of that age names octet-stream for empty bodies; the client is told not to look at that.
            if (expected.Body is not "" || header != "Content-Type")
            {
                actual.Header(header).ShouldBe(HeaderOf(expected, header), $"{name} {header}");
            }
        }

        if (expected.Body is not null)
        {
            _actual.Body(actual.Body, actual.Header("Content-Type")).ShouldBe(_expected.Body(expected.Body, expected.Header("Content-Type")), name);
        }
    }

    public async Task UntilIdle() => await Eventually.Is(async () =>
    {
        var request = new RawRequest("GET /prompt HTTP/1.1", [("Host", "x")], []);
        return (await RawHttp.Send(server.BaseUrl, request)).Body!.Contains("\"queue_remaining\": 0", StringComparison.Ordinal);
    });

    public string Translated(string text) => _ids.Aggregate(text, (t, id) => t.Replace(id.Key, id.Value, StringComparison.Ordinal));

    /// <summary>The recorder wrote header bytes down as Latin-1.</summary>
    private static string? HeaderOf(RawResponse expected, string header) =>
        expected.Header(header) is { } value ? Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value)) : null;

    private RawRequest Translated(RawRequest request) => request with
    {
        Line = Translated(request.Line),
        Body = Encoding.UTF8.GetBytes(Translated(Encoding.UTF8.GetString(request.Body))),
    };

    private void Learn(RawResponse expected, RawResponse actual)
    {
        var recorded = (string)((PyDict)PyJson.Parse(expected.Body!)!)["prompt_id"]!;
        if (Regex.IsMatch(recorded, "^[0-9a-f-]{36}$"))
        {
            _ids[recorded] = (string)((PyDict)PyJson.Parse(actual.Body!)!)["prompt_id"]!;
        }
    }
}
