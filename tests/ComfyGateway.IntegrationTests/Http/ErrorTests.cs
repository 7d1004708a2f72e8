namespace ComfyGateway.IntegrationTests.Http;

public sealed class ErrorTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Theory]
    [InlineData("GET", "/nowhere", 404, "NOT_FOUND")]
    [InlineData("GET", "/jobs/", 200, null)]
    [InlineData("GET", "/jobs/not-a-job", 404, "JOB_NOT_FOUND")]
    [InlineData("GET", "/jobs/0198c0de-7000-7000-8000-000000000000", 404, "JOB_NOT_FOUND")]
    [InlineData("GET", "/outputs/not-a-job", 404, "JOB_NOT_FOUND")]
    [InlineData("GET", "/outputs/0198c0de-7000-7000-8000-000000000000/a.png", 404, "JOB_NOT_FOUND")]
    [InlineData("GET", "/workflows/nowhere", 404, "WORKFLOW_NOT_FOUND")]
    [InlineData("DELETE", "/jobs", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("PATCH", "/health", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "/jobs", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/jobs?limit=x", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/outputs/0198c0de-7000-7000-8000-000000000000/a.png?format=bmp", 400, "VALIDATION_ERROR")]
    public async Task Every_error_has_a_code_and_the_same_shape(string method, string path, int status, string? code) =>
        await (code is null ? Gateway.User.Send(method, path).ShouldBe(status) : Gateway.User.Send(method, path).ShouldFail(status, code));

    [Theory]
    [InlineData("/jobs")]
    [InlineData("/workflows")]
    [InlineData("/workflows/icon_512")]
    [InlineData("/workflows/icon_512/versions")]
    [InlineData("/capabilities")]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/admin/backends")]
    [InlineData("/admin/backends/gpu0")]
    [InlineData("/admin/backends/none")]
    [InlineData("/jobs/not-a-job")]
    public async Task A_head_request_is_answered_as_a_get_without_its_body(string path)
    {
        using var get = await Gateway.Admin.Send("GET", path);
        using var head = await Gateway.Admin.Send("HEAD", path);

        head.StatusCode.ShouldBe(get.StatusCode);
        head.Content.Headers.ContentType.ShouldBe(get.Content.Headers.ContentType);
        head.Headers.ETag.ShouldBe(get.Headers.ETag);
        (await head.Content.ReadAsByteArrayAsync(Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_head_request_needs_the_same_role_and_is_possible_only_where_a_get_is()
    {
        using var forbidden = await Gateway.User.Send("HEAD", "/admin/backends");
        using var impossible = await Gateway.Admin.Send("HEAD", "/uploads");
        using var put = await Gateway.Admin.Send("PUT", "/workflows");

        ((int)forbidden.StatusCode, (int)impossible.StatusCode).ShouldBe((403, 405));
        put.Content.Headers.Allow.Order().ShouldBe(["GET", "HEAD", "POST"]);
    }

    [Fact]
    public async Task A_missing_body_is_told_in_words_of_http() =>
        (await Gateway.User.Send("POST", "/jobs").ShouldFail(400, "VALIDATION_ERROR")).GetProperty("message").GetString().ShouldBe("The request has no body; send a JSON object.");

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0")]
    public async Task An_answer_is_json_whatever_the_client_accepts(string accepted)
    {
        using var answer = await Gateway.User.Send("GET", "/workflows", ("Accept", accepted));

        ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((200, "application/json"));
    }

    [Fact]
    public async Task An_error_is_json_whatever_the_client_accepts() =>
        await Gateway.User.Send("GET", "/nowhere", ("Accept", "text/html")).ShouldFail(404, "NOT_FOUND");

    [Fact]
    public async Task A_well_formed_correlation_id_is_echoed_on_good_answers_and_on_errors()
    {
        using var good = await Gateway.User.Send("GET", "/health", ("X-Correlation-Id", "my-id.1"));
        using var bad = await Gateway.User.Send("GET", "/nowhere", ("X-Correlation-Id", "my-id.2"));

        good.Headers.GetValues("X-Correlation-Id").ShouldBe(["my-id.1"]);
        bad.Headers.GetValues("X-Correlation-Id").ShouldBe(["my-id.2"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("<script>")]
    public async Task Any_other_is_replaced(string id)
    {
        using var response = await Gateway.User.Send("GET", "/nowhere", ("X-Correlation-Id", id));

        Guid.Parse(response.Headers.GetValues("X-Correlation-Id").Single()).Version.ShouldBe(7);
    }

    [Fact]
    public async Task A_job_keeps_the_correlation_id_of_its_request()
    {
        using var client = Gateway.Client(TestGateway.UserKey);
        client.DefaultRequestHeaders.Add("X-Correlation-Id", "from-the-shop");

        var job = await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }, client);

        (await Gateway.Get($"/jobs/{job}")).GetProperty("correlationId").GetString().ShouldBe("from-the-shop");
    }

    [Fact]
    public async Task A_server_does_not_name_itself()
    {
        using var response = await Gateway.User.Send("GET", "/health");

        response.Headers.Server.ShouldBeEmpty();
    }
}
