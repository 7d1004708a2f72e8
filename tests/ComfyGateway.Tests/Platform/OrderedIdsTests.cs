using ComfyGateway.Platform;

namespace ComfyGateway.Tests.Platform;

public sealed class OrderedIdsTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 28, 1, 2, 3, 456, TimeSpan.Zero);

    [Fact]
    public void An_id_is_one_of_version_7_and_begins_with_the_time()
    {
        var id = OrderedIds.New(Time);

        (id.Version, id.Variant >> 2).ShouldBe((7, 2));
        id.ToString()[..13].ShouldBe(Guid.CreateVersion7(Time).ToString()[..13]);
    }

    [Fact]
    public void Ids_sort_by_time()
    {
        Guid[] ids = [.. Enumerable.Range(0, 1000).Select(n => OrderedIds.New(Time.AddMilliseconds(n)))];

        ids.Select(id => id.ToString()).ShouldBeInOrder();
    }

    /// <summary>More than the random bits that are fetched at once are good for.</summary>
    [Fact]
    public void No_two_are_the_same_on_any_thread()
    {
        var ids = new Guid[8][];
        Parallel.For(0, ids.Length, n => ids[n] = [.. Enumerable.Range(0, 5000).Select(_ => OrderedIds.New(Time))]);

        ids.SelectMany(i => i).Distinct().Count().ShouldBe(8 * 5000);
    }
}
