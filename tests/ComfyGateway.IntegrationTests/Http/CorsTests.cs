using System.Net;

namespace ComfyGateway.IntegrationTests.Http;

/// <summary>A gateway whose answers only the pages of two sites may read.</summary>
public sealed class ListedOrigins(PostgresFixture postgres) : GatewayFixture(postgres)
{
    public const string One = "https://app.example.com";

    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["CORS_ORIGINS"] = $"{One}, http://localhost:5173" };
}

/// <summary>A gateway whose answers only the pages of one site may read.</summary>
public sealed class SingleOrigin(PostgresFixture postgres) : GatewayFixture(postgres)
{
    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["CORS_ORIGINS"] = ListedOrigins.One };
}

/// <summary>
/// Where an answer differs by origin, caches must know: the copy that an <c>img</c> left, which names no origin and so bears no permission, would fail a later
/// <c>fetch</c> of the same file.
/// </summary>
public abstract class VaryTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Theory]
    [InlineData(null)]
    [InlineData(ListedOrigins.One)]
    [InlineData("https://elsewhere.example.com")]
    public async Task Every_answer_says_that_it_differs_by_origin(string? origin)
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        var output = (await Gateway.End(jobId)).GetProperty("outputs")[0];
        var (url, tag) = (output.GetProperty("url").GetString()!, $"\"{output.GetProperty("sha256").GetString()}\"");

        await Differs(HttpStatusCode.OK, "GET", url, origin);
        await Differs(HttpStatusCode.OK, "HEAD", url, origin);
        await Differs(HttpStatusCode.PartialContent, "GET", url, origin, ("Range", "bytes=0-3"));
        await Differs(HttpStatusCode.NotModified, "GET", url, origin, ("If-None-Match", tag));
        await Differs(HttpStatusCode.RequestedRangeNotSatisfiable, "GET", url, origin, ("Range", "bytes=99999999-"));
        await Differs(HttpStatusCode.OK, "GET", $"/jobs/{jobId}/events", origin);
        await Differs(HttpStatusCode.OK, "GET", "/health", origin);
        await Differs(HttpStatusCode.NotFound, "GET", "/nowhere", origin);
        await Differs(HttpStatusCode.NotFound, "GET", "/jobs/nothing", origin);
        await Differs(HttpStatusCode.MethodNotAllowed, "DELETE", "/jobs", origin);
        await Differs(HttpStatusCode.BadRequest, "POST", "/jobs", origin);
    }

    [Theory]
    [InlineData(ListedOrigins.One)]
    [InlineData("https://elsewhere.example.com")]
    public async Task So_does_the_answer_to_a_question_before_and_to_one_without_a_key(string origin)
    {
        using var nobody = Gateway.Client(null);
        using var before = await nobody.Send("OPTIONS", "/jobs", ("Origin", origin), ("Access-Control-Request-Method", "POST"));
        using var refused = await nobody.Send("GET", "/jobs", ("Origin", origin));

        (before.StatusCode, refused.StatusCode).ShouldBe((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized));
        before.Headers.Vary.ShouldBe(["Origin"]);
        refused.Headers.Vary.ShouldBe(["Origin"]);
        Allowed(before).ShouldBe(origin == ListedOrigins.One ? origin : null);
        Allowed(refused).ShouldBe(origin == ListedOrigins.One ? origin : null);
    }

    private async Task Differs(HttpStatusCode status, string method, string path, string? origin, params (string, string)[] headers)
    {
        using var answer = await Gateway.Admin.Send(method, path, origin is null ? headers : [.. headers, ("Origin", origin)]);

        answer.StatusCode.ShouldBe(status, path);
        answer.Headers.Vary.ToArray().ShouldBe(["Origin"], $"{method} {path}");
        Allowed(answer).ShouldBe(origin == ListedOrigins.One ? origin : null, path);
    }

    private static string? Allowed(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null;
}

public sealed class ListedOriginsTests(ListedOrigins fixture) : VaryTests(fixture), IClassFixture<ListedOrigins>;

public sealed class SingleOriginTests(SingleOrigin fixture) : VaryTests(fixture), IClassFixture<SingleOrigin>;

public sealed class AnyOriginTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Where_everybody_may_read_answers_do_not_differ()
    {
        using var answer = await Gateway.User.Send("GET", "/health", ("Origin", ListedOrigins.One));

        answer.Headers.Vary.ShouldBeEmpty();
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
    }
}
