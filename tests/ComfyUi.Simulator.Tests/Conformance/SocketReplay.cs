using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>
/// Does what the recorded clients did, each thing as soon as the frames that had come before it in the recording have come here,
/// and keeps what they see.
/// </summary>
internal sealed class SocketReplay(SimulatorServer server, PyDict recording, int actualFirstNumber) : IAsyncDisposable
{
    private readonly Dictionary<string, WireSocket> _sockets = [];
    private readonly HttpReplay _http = new(server, FirstNumber(recording), actualFirstNumber: actualFirstNumber);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public List<(string Name, RawResponse Expected, RawResponse Actual)> Answers { get; } = [];

    /// <summary>Called before each recorded request, with its place among them.</summary>
    public Action<int> BeforeRequest { get; init; } = _ => { };

    /// <summary>Recordings of a socket whose handshake was not kept are left out.</summary>
    private IEnumerable<PyDict> Entries => ((PyList)recording["frames"]!).Cast<PyDict>().Where(e => SocketNames.Contains(SocketOf(e)));

    public async Task Run()
    {
        foreach (var entry in Entries.Where(e => Kind(e) is not ("text" or "binary" or "pong" or "note" or "close")).OrderBy(Time))
        {
            // A handshake is a moment older than its first frame, but it came after the end of the socket before.
            await OpenSockets(Time(entry) + (Kind(entry) is "eof" or "SENT op8" ? 0 : 0.001));
            await FramesBefore(entry);
            await Act(entry);
        }

        await OpenSockets(double.MaxValue);
    }

    /// <summary>The number that the first prompt of the recording got; refused prompts use numbers up too.</summary>
    public static BigInteger FirstNumber(PyDict recording)
    {
        var answers = ((PyList)recording["frames"]!).Cast<PyDict>()
            .Where(e => Kind(e) == "http" && Line(e).StartsWith("POST /prompt", StringComparison.Ordinal))
            .Select(e => Recording.Text(e.Dict("response_body"))).ToList();
        var accepted = answers.FindIndex(a => a.StartsWith("{\"prompt_id\"", StringComparison.Ordinal));
        return accepted < 0 ? 0 : (BigInteger)((PyDict)PyJson.Parse(answers[accepted])!)["number"]! - accepted;
    }

    /// <summary>All that one socket saw, recorded and here, once as much has come as was recorded.</summary>
    public async Task<(List<PyDict> Expected, List<PyDict> Actual)> Seen(string socket)
    {
        var expected = Entries.Where(e => SocketOf(e) == socket).Where(e => Kind(e) is "text" or "binary").Select(Frame).ToList();
        await Come(_sockets[socket], expected);
        return (expected, [.. _sockets[socket].Frames.Select(Frame)]);
    }

    public IEnumerable<string> SocketNames => recording.Dict("handshakes").Keys;

    public string Translated(string text) => _http.Translated(text);

    public HttpReplay Http => _http;

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets.Values)
        {
            await socket.DisposeAsync();
        }
    }

    private static string Kind(PyDict entry) => (string)entry["kind"]!;

    private static double Time(PyDict entry) => entry["t"] switch
    {
        double d => d,
        BigInteger i => (double)i,
        _ => 0,
    };

    private static string Line(PyDict entry) => (string)entry["request"]!;

    /// <summary>Recordings with one socket leave its name out.</summary>
    private string SocketOf(PyDict entry) => entry.Find("ws") as string ?? SocketNames.First();

    private async Task OpenSockets(double until)
    {
        foreach (var name in SocketNames.Where(n => !_sockets.ContainsKey(n)).ToList())
        {
            var first = Entries.Where(e => SocketOf(e) == name && Kind(e) != "http").MinBy(Time);
            if (first is null || (Time(first) > 0.05 && Time(first) > until))
            {
                continue;
            }

            await Previous(name);
            var request = recording.Dict("handshakes").Dict(name).Dict("request");
            _sockets[name] = await WireSocket.Open(server.BaseUrl, ((string)request["line"]!).Split(' ')[1]);
        }
    }

    /// <summary>A socket that is opened in the middle of a run waits for the moment, which no frame announces.</summary>
    private async Task Previous(string name)
    {
        var opened = Entries.Where(e => SocketOf(e) == name && Kind(e) != "http").MinBy(Time)!;
        if (Time(opened) > 0.2)
        {
            await FramesBefore(opened);
            await Eventually.Is(() => Task.FromResult(_clock.Elapsed.TotalSeconds >= Time(opened)));
        }
    }

    private async Task FramesBefore(PyDict entry)
    {
        foreach (var (name, socket) in _sockets)
        {
            await Come(socket, [.. Entries.Where(e => SocketOf(e) == name && Kind(e) is "text" or "binary")
                .Where(e => SocketOf(e) == name && Time(e) < Time(entry)).Select(Frame)]);
        }
    }

    /// <summary>The end of as many prompts as recorded, or as many frames: a late socket misses more or fewer steps.</summary>
    private static Task Come(WireSocket socket, List<PyDict> due) => Eventually.Is(() => Task.FromResult(
        socket.IsOver || due.Count == 0
        || (socket.Messages.Count(IsEnd) >= due.Count(IsEnd) && (IsEnd(due[^1]) || socket.Frames.Count >= due.Count))));

    private static bool IsEnd(PyDict frame) => frame.Find("type") is "executing" && frame.Dict("data")["node"] is null;

    private async Task Act(PyDict entry)
    {
        switch (Kind(entry))
        {
            case "http":
                await Exchange(entry);
                break;
            case "SENT op1":
                await _sockets[SocketOf(entry)].Send((string)entry["data"]!);
                break;
            case "SENT op8":
                await Seen(SocketOf(entry));
                await _sockets[SocketOf(entry)].Close();
                break;
            case "eof":
                _sockets[SocketOf(entry)].Abort();
                await Eventually.Is(() => Task.FromResult(server.Statistics.Snapshot().OpenSockets == 0));
                break;
        }
    }

    private async Task Exchange(PyDict entry)
    {
        BeforeRequest(Answers.Count);
        var body = Recording.Text(entry.Dict("request_body"));
        var type = Line(entry).Contains("/upload/", StringComparison.Ordinal) ? "multipart/form-data; boundary=----q" : "application/json";
        var request = new RawRequest(Line(entry), [("Host", "127.0.0.1:8188"), ("Content-Type", type)], Encoding.UTF8.GetBytes(body));
        var answer = Recording.Text(entry.Dict("response_body"));
        var answerType = answer.StartsWith('{') ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
        var expected = new RawResponse((string)entry["status_line"]!, [("Content-Type", answerType)], answer);
        var actual = await _http.Exchange(request, expected, waitForEnd: false);
        await WorkerIsAtWork();
        while (Line(entry).Contains("/history/", StringComparison.Ordinal) && expected.Body != "{}" && actual.Body == "{}")
        {
            actual = await _http.Exchange(request, expected);
        }

        Answers.Add((string.Create(CultureInfo.InvariantCulture, $"{Line(entry)} at {Time(entry)}"), expected, actual));
    }

    /// <summary>The real worker took a prompt long before the recorder had posted the next.</summary>
    private Task WorkerIsAtWork() => Eventually.Is(async () =>
    {
        var answer = await RawHttp.Send(server.BaseUrl, new RawRequest("GET /queue HTTP/1.1", [("Host", "x")], []));
        var queue = (PyDict)PyJson.Parse(answer.Body!)!;
        return queue["queue_running"] is PyList { Count: > 0 } || queue["queue_pending"] is PyList { Count: 0 };
    });

    private static PyDict Frame(PyDict entry) => Kind(entry) == "text"
        ? (PyDict)PyJson.Parse((string)entry["data"]!)!
        : new PyDict
        {
            ["binary"] = entry.Dict("decoded")["event_type"],
            ["image"] = entry.Dict("decoded").Find("image_type"),
            ["metadata"] = entry.Dict("decoded").Find("metadata") is string json ? PyJson.Parse(json) : null,
        };

    private static PyDict Frame(object? frame)
    {
        if (frame is not byte[] bytes)
        {
            return (PyDict)frame!;
        }

        var second = (BigInteger)System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4));
        return bytes[3] == 4
            ? new PyDict { ["binary"] = (BigInteger)4, ["image"] = null, ["metadata"] = PyJson.Parse(bytes.AsSpan(8, (int)second)) }
            : new PyDict { ["binary"] = (BigInteger)bytes[3], ["image"] = second, ["metadata"] = null };
    }
}
