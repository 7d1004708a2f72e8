using ComfyGateway.Dispatch.Backends;
using Microsoft.Extensions.Time.Testing;

namespace ComfyGateway.Tests.Dispatch.Backends;

public sealed class BackendCircuitTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly BackendCircuit _circuit;

    public BackendCircuitTests() => _circuit = new BackendCircuit(_clock);

    [Fact]
    public void Failures_open_it_only_when_they_come_in_a_row()
    {
        Fail(BackendCircuit.MaxFailures - 1);
        _circuit.Worked();
        Fail(BackendCircuit.MaxFailures - 1);
        _circuit.IsClosed.ShouldBeTrue();

        Fail(1);

        _circuit.IsClosed.ShouldBeFalse();
        _circuit.Allows(busy: 0).ShouldBeFalse();
        _circuit.Reason.ShouldBe("lost");
    }

    [Fact]
    public void After_the_pause_one_prompt_is_tried()
    {
        _circuit.Trip("dead");
        _clock.Advance(BackendCircuit.FirstPause);

        _circuit.Allows(busy: 0).ShouldBeTrue();
        _circuit.Allows(busy: 1).ShouldBeFalse();

        _circuit.Worked();
        (_circuit.IsClosed, _circuit.Allows(busy: 1), _circuit.Reason).ShouldBe((true, true, null));
    }

    [Fact]
    public void Each_failed_trial_doubles_the_pause_up_to_a_limit()
    {
        _circuit.Trip("dead");
        var pause = BackendCircuit.FirstPause;
        for (var trial = 0; trial < 10; trial++)
        {
            _clock.Advance(trial == 0 ? pause : TimeSpan.FromMilliseconds(1));
            _circuit.Allows(0).ShouldBeTrue();
            Fail(1);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, BackendCircuit.LongestPause.Ticks));
            _clock.Advance(pause - TimeSpan.FromMilliseconds(1));
            _circuit.Allows(0).ShouldBeFalse($"trial {trial}");
        }
    }

    [Fact]
    public void While_a_prompt_is_tried_no_other_is_let_through()
    {
        AfterPause();

        _circuit.Enter("first").ShouldBeTrue();

        (_circuit.Enter("second"), _circuit.Allows(busy: 0)).ShouldBe((false, false));
        _circuit.Leave("second").ShouldBeFalse();
        _circuit.Enter("second").ShouldBeFalse();
    }

    [Fact]
    public void A_trial_that_came_to_nothing_is_followed_by_another()
    {
        AfterPause();
        _circuit.Enter("first").ShouldBeTrue();

        _circuit.Leave("first").ShouldBeTrue();

        _circuit.Allows(busy: 0).ShouldBeTrue();
        _circuit.Enter("second").ShouldBeTrue();
        _circuit.Enter("third").ShouldBeFalse();
    }

    [Fact]
    public void A_trial_that_worked_lets_all_through()
    {
        AfterPause();
        _circuit.Enter("first").ShouldBeTrue();

        _circuit.Worked();
        _circuit.Leave("first").ShouldBeTrue();

        (_circuit.Enter("second"), _circuit.Enter("third"), _circuit.Allows(busy: 1)).ShouldBe((true, true, true));
    }

    [Fact]
    public void A_trial_that_failed_lets_none_through_until_the_next_pause_is_over()
    {
        AfterPause();
        _circuit.Enter("first").ShouldBeTrue();

        Fail(1);
        _circuit.Leave("first").ShouldBeTrue();

        _circuit.Enter("second").ShouldBeFalse();
        _clock.Advance(2 * BackendCircuit.FirstPause);
        _circuit.Enter("second").ShouldBeTrue();
    }

    [Fact]
    public void What_was_sent_while_it_was_closed_is_on_no_trial()
    {
        _circuit.Enter("first").ShouldBeTrue();
        AfterPause();

        _circuit.Leave("first").ShouldBeFalse();

        _circuit.Enter("second").ShouldBeTrue();
    }

    private void AfterPause()
    {
        _circuit.Trip("dead");
        _clock.Advance(BackendCircuit.FirstPause);
    }

    private void Fail(int times)
    {
        for (var n = 0; n < times; n++)
        {
            _circuit.Failed("lost");
        }
    }
}
