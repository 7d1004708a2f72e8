using ComfyGateway.Jobs;

namespace ComfyGateway.Tests.Jobs;

public sealed class JobViewTests
{
    private static readonly JobView Queued = JobView.Create(Given.Queued);

    [Fact]
    public void A_queued_job_shows_what_was_asked_for_but_not_its_inputs()
    {
        Queued.ShouldSatisfyAllConditions(
            v => v.Id.ShouldBe(Given.Queued.JobId), v => v.Status.ShouldBe(JobStatus.Queued), v => v.Owner.ShouldBe("key_abc"), v => v.Seed.ShouldBe(42UL),
            v => v.Priority.ShouldBe(7), v => v.Metadata!.Value.GetProperty("userId").GetString().ShouldBe("u7"), v => v.CreatedAt.ShouldBe(Given.At),
            v => v.Outputs.ShouldBeEmpty(), v => v.StartedAt.ShouldBeNull(), v => v.CompletedAt.ShouldBeNull());
        typeof(JobView).GetProperties().Select(p => p.Name).ShouldNotContain("Inputs");
    }

    [Fact]
    public void A_job_that_went_well_shows_its_times_and_outputs_in_order()
    {
        var view = Queued.Apply(Given.Submitted()).Apply(new JobStarted(Given.Later(2)))
            .Apply(new JobOutputStored(Given.Output("a.png"), Given.Later(3))).Apply(new JobOutputStored(Given.Output("b.png"), Given.Later(3)))
            .Apply(new JobSucceeded(Given.Later(4)));

        view.Status.ShouldBe(JobStatus.Succeeded);
        (view.Backend, view.Attempts, view.StartedAt, view.CompletedAt).ShouldBe(("gpu0", 1, Given.Later(2), Given.Later(4)));
        view.Outputs.Select(o => o.Filename).ShouldBe(["a.png", "b.png"]);
        view.Error.ShouldBeNull();
    }

    [Fact]
    public void A_job_that_is_queued_again_looks_as_if_it_had_not_started_but_counts()
    {
        var view = Queued.Apply(Given.Submitted()).Apply(new JobStarted(Given.Later(2))).Apply(new JobRequeued(Given.Error, Given.Later(9), Given.Later(3)));

        (view.Status, view.Backend, view.Attempts, view.StartedAt).ShouldBe((JobStatus.Queued, null, 1, null));
    }

    [Fact]
    public void A_failed_job_shows_why()
    {
        var view = Queued.Apply(Given.Submitted()).Apply(new JobFailed(Given.Error, Given.Later(4)));

        (view.Status, view.Error, view.CompletedAt).ShouldBe((JobStatus.Failed, Given.Error, Given.Later(4)));
    }

    [Fact]
    public void A_canceled_job_shows_when()
    {
        var view = Queued.Apply(new JobCanceled(Given.Later(4)));

        (view.Status, view.CompletedAt, view.Error).ShouldBe((JobStatus.Canceled, Given.Later(4), null));
    }
}
