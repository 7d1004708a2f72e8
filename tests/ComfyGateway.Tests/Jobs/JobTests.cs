using ComfyGateway.Jobs;

namespace ComfyGateway.Tests.Jobs;

public sealed class JobTests
{
    public static TheoryData<string> Ends => new("succeeded", "failed", "canceled");

    [Fact]
    public void An_accepted_job_is_queued_and_holds_what_its_run_needs()
    {
        var job = Given.Job();

        job.ShouldSatisfyAllConditions(
            j => j.Status.ShouldBe(JobStatus.Queued), j => j.IsFinished.ShouldBeFalse(), j => j.Attempts.ShouldBe(0), j => j.PromptId.ShouldBeNull(),
            j => j.WorkflowId.ShouldBe("icon_512"), j => j.WorkflowVersion.ShouldBe(3), j => j.Owner.ShouldBe("key_abc"), j => j.TimeoutMs.ShouldBe(1000),
            j => j.Inputs["prompt"].GetString().ShouldBe("x"), j => j.CorrelationId.ShouldBe("corr"));
    }

    [Fact]
    public void Submitting_counts_and_says_where()
    {
        var job = Given.Job();

        var decided = job.Submit("gpu0", "p1", Given.Later(1)).ToArray();

        decided.ShouldBe([new JobSubmitted(1, "gpu0", "p1", Given.Later(1))]);
        Given.Then(job, decided).ShouldSatisfyAllConditions(
            j => j.Attempts.ShouldBe(1), j => j.Backend.ShouldBe("gpu0"), j => j.PromptId.ShouldBe("p1"), j => j.Status.ShouldBe(JobStatus.Queued));
    }

    [Fact]
    public void The_same_prompt_is_submitted_once() => Given.Job(Given.Submitted()).Submit("gpu0", "p1", Given.Later(2)).ShouldBeEmpty();

    [Fact]
    public void Starting_is_told_once_per_attempt()
    {
        var job = Given.Then(Given.Job(Given.Submitted()), [new JobStarted(Given.Later(2))]);

        job.Status.ShouldBe(JobStatus.Running);
        job.StartedAt.ShouldBe(Given.Later(2));
        job.Start(Given.Later(3)).ShouldBeEmpty();
        Given.Then(job, job.Requeue(Given.Error, Given.Later(5), Given.Later(4))).Start(Given.Later(6)).ShouldBe([new JobStarted(Given.Later(6))]);
    }

    [Fact]
    public void Success_tells_the_start_that_nobody_saw_then_the_outputs_then_the_end()
    {
        var (a, b) = (Given.Output("a.png"), Given.Output("b.png"));

        Given.Job(Given.Submitted()).Succeed([a, b], Given.Later(3)).ShouldBe(
            [new JobStarted(Given.Later(3)), new JobOutputStored(a, Given.Later(3)), new JobOutputStored(b, Given.Later(3)), new JobSucceeded(Given.Later(3))]);
    }

    [Fact]
    public void Success_after_a_start_does_not_start_again() =>
        Given.Job(Given.Submitted(), new JobStarted(Given.Later(2))).Succeed([], Given.Later(3)).ShouldBe([new JobSucceeded(Given.Later(3))]);

    [Fact]
    public void Failure_counts_the_submissions() =>
        Given.Job(Given.Submitted(1), Given.Submitted(2)).Fail(Given.Error, Given.Later(3))
            .ShouldBe([new JobFailed(Given.Error with { Attempts = 2 }, Given.Later(3))]);

    [Fact]
    public void Requeuing_forgets_where_the_job_was_and_keeps_the_count()
    {
        var job = Given.Job(Given.Submitted(), new JobStarted(Given.Later(2)));

        var decided = job.Requeue(Given.Error, Given.Later(9), Given.Later(3)).ToArray();

        decided.ShouldBe([new JobRequeued(Given.Error with { Attempts = 1 }, Given.Later(9), Given.Later(3))]);
        Given.Then(job, decided).ShouldSatisfyAllConditions(
            j => j.Status.ShouldBe(JobStatus.Queued), j => j.Attempts.ShouldBe(1), j => j.PromptId.ShouldBeNull(), j => j.Backend.ShouldBeNull(),
            j => j.StartedAt.ShouldBeNull());
    }

    [Fact]
    public void A_wish_to_cancel_ends_nothing_by_itself()
    {
        var job = Given.Job(Given.Submitted(), new JobStarted(Given.Later(2)), new JobCancelRequested("key_abc", Given.Later(3)));

        job.IsCancelRequested.ShouldBeTrue();
        job.Status.ShouldBe(JobStatus.Running);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void Nothing_is_decided_after_the_end(string end)
    {
        var job = Given.Job(Given.Submitted(), End(end));

        job.IsFinished.ShouldBeTrue();
        job.Submit("gpu1", "p2", Given.Later(9)).ShouldBeEmpty();
        job.Start(Given.Later(9)).ShouldBeEmpty();
        job.Succeed([Given.Output("a.png")], Given.Later(9)).ShouldBeEmpty();
        job.Fail(Given.Error, Given.Later(9)).ShouldBeEmpty();
        job.Requeue(Given.Error, Given.Later(9), Given.Later(9)).ShouldBeEmpty();
    }

    private static object End(string end) => end switch
    {
        "succeeded" => new JobSucceeded(Given.Later(4)),
        "failed" => new JobFailed(Given.Error, Given.Later(4)),
        _ => new JobCanceled(Given.Later(4)),
    };

    [Fact]
    public void A_node_is_told_once_per_attempt_to_have_ended()
    {
        var node = new JobNodeFinished("3", "KSampler", Given.Later(3));
        var running = Given.Job(Given.Submitted(), new JobStarted(Given.Later(2)));

        var told = running.After(running.FinishNodes([node]).ShouldHaveSingleItem());
        told.FinishNodes([node]).ShouldBeEmpty();

        told.After(Given.Submitted(2)).FinishNodes([node]).ShouldHaveSingleItem();
        told.After(new JobCanceled(Given.Later(4))).FinishNodes([node with { NodeId = "4" }]).ShouldBeEmpty();
    }
}
