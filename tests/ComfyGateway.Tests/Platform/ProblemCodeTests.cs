using System.Reflection;
using ComfyGateway.Access;
using ComfyGateway.Dispatch;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows;

namespace ComfyGateway.Tests.Platform;

public sealed class ProblemCodeTests
{
    private static readonly ProblemCode[] All =
    [
        .. new[] { typeof(ProblemCode), typeof(AccessModule), typeof(DispatchModule), typeof(JobsModule), typeof(OutputsModule), typeof(WorkflowsModule) }
            .SelectMany(t => t.Assembly.GetTypes())
            .Where(t => !t.ContainsGenericParameters)
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => f.FieldType == typeof(ProblemCode))
            .Select(f => (ProblemCode)f.GetValue(null)!),
    ];

    [Fact]
    public void Every_code_is_listed_once() => All.Select(c => c.Code).ShouldBeUnique();

    [Fact]
    public void Every_code_is_in_capitals_with_an_error_status_and_a_title() => All.ShouldAllBe(c =>
        c.Code.All(l => char.IsAsciiLetterUpper(l) || l == '_') && c.Status >= 400 && c.Status < 600 && c.Title.Length > 0);

    [Fact]
    public void Only_what_may_pass_by_itself_is_retryable() =>
        All.Where(c => c.Retryable).Select(c => c.Status).ShouldAllBe(s => s == 429 || s == 500 || s == 503);

    [Fact]
    public void The_type_is_an_address_made_of_the_code() =>
        ProblemCode.ValidationError.Type.ShouldBe("https://comfygateway.dev/errors/validation-error");

    [Theory]
    [InlineData(400, "VALIDATION_ERROR")]
    [InlineData(401, "AUTH_FAILED")]
    [InlineData(403, "FORBIDDEN")]
    [InlineData(404, "NOT_FOUND")]
    [InlineData(405, "METHOD_NOT_ALLOWED")]
    [InlineData(406, "NOT_ACCEPTABLE")]
    [InlineData(413, "PAYLOAD_TOO_LARGE")]
    [InlineData(415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData(416, "RANGE_NOT_SATISFIABLE")]
    [InlineData(418, "VALIDATION_ERROR")]
    [InlineData(500, "INTERNAL_ERROR")]
    [InlineData(502, "INTERNAL_ERROR")]
    public void A_status_of_the_framework_has_a_code(int status, string code) => ProblemCode.ForStatus(status).Code.ShouldBe(code);
}
