using System.Text;
using ComfyGateway.Platform.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace ComfyGateway.Tests.Platform;

public sealed class StreamSinkTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_line_of_every_thread_is_written_once_whole_and_in_the_threads_order()
    {
        const int Threads = 8;
        const int Lines = 2000;
        var stream = new MemoryStream();
        using var sink = Sink(stream);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(() =>
        {
            for (var n = 0; n < Lines; n++)
            {
                sink.Emit(Line($"{t} {n} ☃"));
            }
        }, Ct)));

        var lines = Text(stream).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(Threads * Lines);
        lines.GroupBy(l => l.Split(' ')[0]).ShouldAllBe(thread => thread.Select(l => l.Split(' ', 2)[1]).SequenceEqual(Enumerable.Range(0, Lines).Select(n => $"{n} ☃")));
    }

    [Fact]
    public async Task Nobody_waits_for_one_that_writes_and_it_takes_along_what_they_leave()
    {
        using var stream = new HeldStream();
        using var sink = Sink(stream);
        var first = Task.Run(() => sink.Emit(Line("first")), Ct);
        stream.IsWriting.Wait(Ct);

        sink.Emit(Line("second"));
        sink.Emit(Line("third"));
        first.IsCompleted.ShouldBeFalse();
        stream.Go.Set();
        await first;

        Text(stream.Written).ShouldBe("first\nsecond\nthird\n");
    }

    [Fact]
    public async Task A_stream_that_cannot_keep_up_makes_them_wait_in_the_end()
    {
        using var stream = new HeldStream();
        using var sink = Sink(stream);
        var line = new string('x', 100_000);
        var first = Task.Run(() => sink.Emit(Line(line)), Ct);
        stream.IsWriting.Wait(Ct);

        var emitted = 0;
        var others = Task.Run(() =>
        {
            for (; emitted < 20; emitted++)
            {
                sink.Emit(Line(line));
            }
        }, Ct);
        SpinWait.SpinUntil(() => Volatile.Read(ref emitted) == 11, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        others.IsCompleted.ShouldBeFalse();
        stream.Go.Set();
        await Task.WhenAll(first, others);

        Text(stream.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(21);
    }

    [Fact]
    public void After_a_stream_failed_the_next_line_is_written()
    {
        using var stream = new HeldStream { Fails = true };
        using var sink = Sink(stream);
        stream.Go.Set();
        Should.Throw<IOException>(() => sink.Emit(Line("first")));

        stream.Fails = false;
        sink.Emit(Line("second"));

        Text(stream.Written).ShouldEndWith("second\n");
    }

    [Fact]
    public void Of_an_event_that_could_not_be_put_into_words_nothing_stands_before_the_next()
    {
        var stream = new MemoryStream();
        using var sink = Sink(stream);
        Should.Throw<FormatException>(() => sink.Emit(Line(LinesOnly.Unspeakable)));

        sink.Emit(Line("second"));

        Text(stream).ShouldBe("second\n");
    }

    private static StreamSink Sink(Stream stream) => new(stream, new LinesOnly());

    private static LogEvent Line(string text) => new(
        DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate(text, [new TextToken(text)]), []);

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());

    private sealed class LinesOnly : Serilog.Formatting.ITextFormatter
    {
        public const string Unspeakable = "unspeakable";

        public void Format(LogEvent logEvent, TextWriter output)
        {
            output.Write(logEvent.MessageTemplate.Text);
            if (logEvent.MessageTemplate.Text == Unspeakable)
            {
                throw new FormatException();
            }

            output.Write('\n');
        }
    }

    /// <summary>Writes once it may.</summary>
    private sealed class HeldStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public ManualResetEventSlim IsWriting { get; } = new();

        public ManualResetEventSlim Go { get; } = new();

        public bool Fails { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written.Length;

        public override long Position { get => Written.Position; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            IsWriting.Set();
            if (!Go.Wait(TimeSpan.FromMinutes(1)) || Fails)
            {
                throw new IOException("Nobody reads it.");
            }

            Written.Write(buffer, offset, count);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                IsWriting.Dispose();
                Go.Dispose();
                Written.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
