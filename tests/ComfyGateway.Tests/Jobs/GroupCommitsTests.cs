using System.Threading.Channels;
using ComfyGateway.Jobs;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace ComfyGateway.Tests.Jobs;

public sealed class GroupCommitsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly NpgsqlDataSource _nowhere = NpgsqlDataSource.Create("Host=nowhere.invalid");
    private readonly Channel<Commit> _begun = Channel.CreateUnbounded<Commit>();
    private readonly List<string> _inVain = [];
    private GroupCommits<string> _commits = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _commits = Commits(worthAwaiting: 4);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _commits.DisposeAsync();
        await _nowhere.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_alone_is_committed_at_once()
    {
        await Add("a");

        Begun().Entries.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Those_who_came_together_are_waited_for()
    {
        await CameTogether();

        await Add("d");

        Begun().Entries.ShouldBe(["b", "c", "d"]);
    }

    [Fact]
    public async Task Who_does_not_come_is_not_waited_for_any_longer()
    {
        await CameTogether();

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var commit = Begun();
        commit.Entries.ShouldBe(["b", "c"]);
        commit.End();
        await Add("d");
        _begun.Reader.Count.ShouldBe(0);
        await Add("e");
        Begun().Entries.ShouldBe(["d", "e"]);
    }

    [Fact]
    public async Task No_more_are_waited_for_than_is_worth_it()
    {
        await Add("a");
        await Add("b", "c", "d", "e");

        Begun().End();

        Begun().Entries.ShouldBe(["b", "c", "d", "e"]);
    }

    [Fact]
    public async Task Where_it_is_not_worth_it_nobody_is_waited_for()
    {
        await _commits.DisposeAsync();
        _commits = Commits(worthAwaiting: 1);
        await Add("a");
        await Add("b", "c");

        Begun().End();

        Begun().Entries.ShouldBe(["b", "c"]);
    }

    [Fact]
    public async Task The_wait_for_one_commit_does_not_begin_the_next()
    {
        await CameTogether();
        await Add("d");
        Begun().End();
        await Add("e");

        _clock.Advance(TimeSpan.FromMilliseconds(0.9));
        _begun.Reader.Count.ShouldBe(0);
        _clock.Advance(TimeSpan.FromMilliseconds(0.1));

        Begun().Entries.ShouldBe(["e"]);
    }

    [Fact]
    public async Task Who_waits_for_others_at_the_stop_is_committed()
    {
        await CameTogether();

        var stop = _commits.Stop(Ct);

        var commit = Begun();
        commit.Entries.ShouldBe(["b", "c"]);
        commit.End();
        (await stop).ShouldBeEmpty();
        await Should.ThrowAsync<ChannelClosedException>(async () => await _commits.Add("d", Ct));
    }

    [Fact]
    public async Task What_waits_for_a_commit_at_the_stop_is_committed_after_it()
    {
        await Add("a");
        await Add("b");

        var stop = _commits.Stop(Ct);

        Begun().End();
        Begun().End();
        (await stop).ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_a_commit_does_not_end_those_in_line_are_settled_and_later_its_own()
    {
        await Add("a");
        await Add("b");

        _clock.Advance(TimeSpan.FromSeconds(9));
        _inVain.ShouldBeEmpty();
        _clock.Advance(TimeSpan.FromSeconds(3));
        _inVain.ShouldBe(["b in line"]);
        _clock.Advance(TimeSpan.FromSeconds(9));
        _inVain.ShouldContain("a under way");

        Begun().End();
        _inVain.Clear();
        await Add("c");
        _clock.Advance(TimeSpan.FromSeconds(9));
        _inVain.ShouldBeEmpty();
    }

    /// <summary>Two came while one was committed, so three are waited for next.</summary>
    private async Task CameTogether()
    {
        await Add("a");
        await Add("b", "c");
        Begun().End();
        _begun.Reader.Count.ShouldBe(0);
    }

    private async Task Add(params string[] entries)
    {
        foreach (var entry in entries)
        {
            await _commits.Add(entry, Ct);
        }
    }

    private Commit Begun()
    {
        _begun.Reader.TryRead(out var commit).ShouldBeTrue();
        return commit!;
    }

    private GroupCommits<string> Commits(int worthAwaiting) => new(
        _nowhere,
        _clock,
        worthAwaiting,
        (_, group, _) =>
        {
            var commit = new Commit(group);
            _begun.Writer.TryWrite(commit).ShouldBeTrue();
            return commit.Ended;
        },
        (e => _inVain.Add($"{e} in line"), e => _inVain.Add($"{e} under way")));

    private sealed class Commit(List<string> entries)
    {
        private readonly TaskCompletionSource _ended = new();

        public IReadOnlyList<string> Entries => entries;

        public Task Ended => _ended.Task;

        public void End() => _ended.SetResult();
    }
}
