using System.Security.Cryptography;
using ComfyGateway.IntegrationTests.Uploads;
using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Access;

public sealed class AccessTests(TokenFixture fixture) : IClassFixture<TokenFixture>
{
    private readonly TestGateway _gateway = fixture.Gateway;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/jobs")]
    [InlineData("POST", "/jobs")]
    [InlineData("GET", "/workflows")]
    [InlineData("POST", "/workflows")]
    [InlineData("GET", "/capabilities")]
    [InlineData("GET", "/outputs/0198c0de-7000-7000-8000-000000000000/a.png")]
    public async Task Without_a_credential_nothing_is_given(string method, string path)
    {
        using var client = _gateway.Client(null);

        await client.Send(method, path).ShouldFail(401, "AUTH_FAILED");
    }

    [Theory]
    [InlineData("X-API-Key", "")]
    [InlineData("X-API-Key", "wrong")]
    [InlineData("X-API-Key", "user-key, admin-key")]
    [InlineData("Authorization", "user-key")]
    [InlineData("Authorization", "Basic dXNlcjprZXk=")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "Bearer user-key")]
    [InlineData("Authorization", "Bearer a.b.c")]
    public async Task A_credential_that_is_not_valid_is_refused(string header, string value)
    {
        using var client = _gateway.Client(null);

        await client.Send("GET", "/jobs", (header, value)).ShouldFail(401, "AUTH_FAILED");
    }

    [Fact]
    public async Task A_refusal_says_what_would_be_accepted()
    {
        using var client = _gateway.Client(null);
        using var nothing = await client.Send("GET", "/jobs");
        using var token = await client.Send("GET", "/jobs", ("Authorization", "Bearer a.b.c"));

        nothing.Headers.WwwAuthenticate.Select(c => c.Scheme).ShouldBe(["ApiKey", "Bearer"]);
        token.Headers.WwwAuthenticate.Last().Parameter!.ShouldContain("invalid_token");
    }

    [Fact]
    public async Task Two_credentials_are_refused_even_where_both_are_valid()
    {
        var bearer = $"Bearer {TokenFixture.Token("u7", "user")}";

        await _gateway.User.Send("GET", "/jobs", ("Authorization", bearer)).ShouldFail(401, "AUTH_FAILED");
    }

    [Fact]
    public async Task A_token_that_is_not_valid_is_refused_and_not_taken_for_nobody()
    {
        using var client = _gateway.Client(null);
        var parts = TokenFixture.Token("u7", "admin").Split('.');

        await client.Send("GET", "/health/nowhere", ("Authorization", $"Bearer {parts[0]}.{parts[1]}.AAAA")).ShouldFail(401, "AUTH_FAILED");
    }

    [Theory]
    [InlineData("GET", "/jobs", null)]
    [InlineData("POST", "/jobs", """{"workflowId": "icon_512", "inputs": {"prompt": "x", "width": 64, "height": 64, "steps": 1}}""")]
    [InlineData("POST", "/uploads", "RIFF    WAVEfmt ")]
    [InlineData("POST", "/workflows", """{"id": "long-owner", "name": "x", "workflowJson": {}}""")]
    [InlineData("POST", "/admin/backends/gpu0/resume", null)]
    public async Task A_token_whose_owner_is_too_long_is_refused_saying_so(string method, string path, string? body)
    {
        // Random, so that no compression makes it fit into the database's indexes after all.
        using var client = fixture.Client(Convert.ToHexString(RandomNumberGenerator.GetBytes(6_000)), "admin");
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, null, "application/json") };

        var problem = await client.SendAsync(request, Ct).ShouldFail(401, "AUTH_FAILED");

        problem.GetProperty("message").GetString()!.ShouldContain("255 characters");
    }

    [Fact]
    public async Task The_longest_owner_there_may_be_owns_jobs_uploads_and_workflows()
    {
        var owner = string.Concat(Enumerable.Repeat("𝒰", 127)) + "é";
        using var client = fixture.Client(owner, "admin");
        using var longer = fixture.Client(owner + "x", "admin");

        var job = await Run(client);
        var upload = (await client.Uploaded(UploadCalls.Picture())).Id();
        var workflow = await client.Call("POST", "/workflows", $$"""{"id": "longest-owner", "name": "x", "workflowJson": {{WorkflowCalls.Graph}}}""");

        (await client.Json($"/jobs/{job}")).GetProperty("owner").GetString().ShouldBe(owner);
        (await Listed(client, $"/jobs?owner={Uri.EscapeDataString(owner)}")).ShouldBe([job]);
        (await client.GetAsync($"/uploads/{upload}", Ct)).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        workflow.Status.ShouldBe(201);
        await longer.GetAsync("/jobs", Ct).ShouldFail(401, "AUTH_FAILED");
    }

    [Theory]
    [InlineData("root")]
    [InlineData("Admin")]
    [InlineData("")]
    public async Task A_token_with_an_unknown_role_may_nothing(string role)
    {
        using var client = fixture.Client(role: role);

        await client.GetAsync("/jobs", Ct).ShouldFail(403, "FORBIDDEN");
        await client.GetAsync("/workflows", Ct).ShouldFail(403, "FORBIDDEN");
    }

    [Fact]
    public async Task The_owner_of_a_job_is_who_sent_it()
    {
        using var client = fixture.Client("u-owner");

        var byToken = await Run(client);
        var byKey = await Run(_gateway.User);

        (await _gateway.Get($"/jobs/{byToken}")).GetProperty("owner").GetString().ShouldBe("u-owner");
        (await _gateway.Get($"/jobs/{byKey}")).GetProperty("owner").GetString()!.ShouldMatch("^key_[0-9a-f]{12}$");
    }

    [Theory]
    [InlineData("/jobs/{0}")]
    [InlineData("/outputs/{0}")]
    [InlineData("/outputs/{0}/a.png")]
    public async Task Anothers_job_looks_like_one_that_does_not_exist(string path)
    {
        using var owner = fixture.Client();
        using var other = fixture.Client();
        var (theirs, nobodys) = (await Run(owner), Guid.CreateVersion7());

        var hidden = await other.GetAsync(string.Format(null, path, theirs), Ct).ShouldFail(404, "JOB_NOT_FOUND");
        var unknown = await other.GetAsync(string.Format(null, path, nobodys), Ct).ShouldFail(404, "JOB_NOT_FOUND");

        Anonymous(hidden, theirs).ShouldBe(Anonymous(unknown, nobodys));
    }

    [Fact]
    public async Task A_user_lists_their_own_jobs_and_an_admin_all()
    {
        using var owner = fixture.Client("u-lists");
        using var other = fixture.Client();
        using var admin = fixture.Client(role: "admin");
        var job = await Run(owner);

        (await Listed(owner, "/jobs")).ShouldBe([job]);
        (await Listed(other, "/jobs")).ShouldBeEmpty();
        (await Listed(other, "/jobs?owner=u-lists")).ShouldBeEmpty();
        (await Listed(admin, "/jobs?owner=u-lists")).ShouldBe([job]);
        (await Listed(admin, "/jobs?limit=200")).ShouldContain(job);
        (await Listed(_gateway.Admin, "/jobs?limit=200")).ShouldContain(job);
    }

    [Fact]
    public async Task An_admins_token_may_what_an_admins_key_may()
    {
        using var admin = fixture.Client(role: "admin");
        using var user = fixture.Client();

        await admin.PostText("/workflows", "{}").ShouldFail(400, "VALIDATION_ERROR");
        await user.PostText("/workflows", "{}").ShouldFail(403, "FORBIDDEN");
    }

    private async Task<Guid> Run(HttpClient client)
    {
        var job = await _gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }, client);
        await _gateway.End(job);
        return job;
    }

    private static async Task<Guid[]> Listed(HttpClient client, string path) =>
        [.. (await client.Json(path)).GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("jobId").GetGuid())];

    private static string Anonymous(System.Text.Json.JsonElement problem, Guid jobId) => problem.GetRawText()
        .Replace(jobId.ToString(), "*", StringComparison.Ordinal)
        .Replace(problem.GetProperty("correlationId").GetString()!, "*", StringComparison.Ordinal);
}
