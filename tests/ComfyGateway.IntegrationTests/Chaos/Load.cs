using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>A client that has jobs run whatever happens to the gateway, and holds it to its answers.</summary>
internal sealed class Load(HttpClient gateway, Random random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly List<Guid> _accepted = [];

    /// <summary>The jobs that were answered 202.</summary>
    public IReadOnlyList<Guid> Accepted => _accepted;

    /// <summary>Posts without an answer, or with one that says to come again.</summary>
    public int Unanswered { get; private set; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Has <paramref name="jobs"/> accepted, never more at a time than <paramref name="allowed"/>.</summary>
    public async Task Submit(int jobs, Func<int> allowed)
    {
        while (_accepted.Count < jobs)
        {
            await Eventually.Holds(() => Task.FromResult(_accepted.Count < allowed()), Patience);
            var body = new { workflow = Graphs.Sleep(steps: random.Next(1, 5), seconds: 0.05 + (random.NextDouble() * 0.75)) };
            await Eventually.Holds(() => IsAccepted(body), Patience, () => "No job was accepted.");
        }
    }

    /// <summary>Waits for the end of every accepted job, which must be success. One by one: between two looks at the lists a job may be queued again.</summary>
    public async Task UntilAllSucceeded()
    {
        foreach (var jobId in _accepted)
        {
            var job = default(JsonElement);
            await Eventually.Holds(
                async () => (job = await gateway.Json($"/jobs/{jobId}")).GetProperty("status").GetString() is not ("queued" or "running"),
                Patience,
                () => $"Has not ended: {job}");
            job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        }
    }

    /// <summary>Each job's picture is served as the record has it, and no two jobs have the same, since no two asked for the same.</summary>
    public async Task EachHasItsOutput()
    {
        var pictures = new HashSet<string>();
        foreach (var jobId in _accepted)
        {
            var output = (await gateway.Json($"/jobs/{jobId}")).GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
            var served = await gateway.GetByteArrayAsync(output.GetProperty("url").GetString(), Ct);
            var hash = Convert.ToHexStringLower(SHA256.HashData(served));
            hash.ShouldBe(output.GetProperty("sha256").GetString());
            pictures.Add(hash).ShouldBeTrue($"Job {jobId} has another's picture.");
        }
    }

    private async Task<bool> IsAccepted(object body)
    {
        try
        {
            using var response = await gateway.PostAsJsonAsync("/jobs", body, Ct);
            var answer = await response.Content.ReadAsStringAsync(Ct);
            if (response.StatusCode == HttpStatusCode.Accepted)
            {
                _accepted.Add(JsonElement.Parse(answer).GetProperty("jobId").GetGuid());
                return true;
            }

            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, answer);
        }
        catch (HttpRequestException)
        {
            // The gateway was killed. It may have accepted the job all the same, and then that ends too.
        }

        Unanswered++;
        return false;
    }
}
