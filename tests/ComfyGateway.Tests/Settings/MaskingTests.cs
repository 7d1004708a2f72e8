using ComfyGateway.Platform.Settings;
using CsCheck;

namespace ComfyGateway.Tests.Settings;

public sealed class MaskingTests
{
    private static readonly string[] SecretNames = ["API_KEYS", "JWT_SECRET", "DATABASE_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "WEBHOOK_SECRET"];

    // A marker in odd surroundings: whatever else a secret is made of, this part must never be seen.
    private static readonly Gen<string> Secret =
        from before in Gen.String[Gen.Char["abc:/?#@,= \"%;'$"], 0, 8]
        from after in Gen.String[Gen.Char["abc:/?#@,= \"%;'$"], 0, 8]
        select $"{before}hunter2{after}";

    [Fact]
    public void No_secret_shows_in_a_problem_or_in_the_description() =>
        Gen.Select(AnyOf(SecretNames), Secret).Sample((name, secret) => ShowsNothing([(name, secret)]));

    [Fact]
    public void No_password_of_a_url_shows_in_a_problem_or_in_the_description() =>
        Gen.Select(AnyOf("COMFYUI_URL", "S3_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "DATABASE_URL"), Secret, AnyOf("http", "ftp", "postgres"))
            .Sample((name, secret, scheme) => ShowsNothing([(name, $"{scheme}://user:{secret}@host")]));

    [Fact]
    public void Nothing_shows_when_everything_is_secret_and_good()
    {
        var settings = Read.Good(
            ("API_KEYS", "hunter2:admin"),
            ("JWT_SECRET", "hunter2-hunter2-hunter2-hunter2-hunter2"),
            ("DATABASE_URL", "postgres://u:hunter2@host/db"),
            ("S3_ACCESS_KEY", "hunter2"),
            ("S3_SECRET_KEY", "hunter2"),
            ("WEBHOOK_SECRET", "hunter2"),
            ("COMFYUI_URL", "big=http://u:hunter2@host:8188,http://other"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector/?token=hunter2"));

        var description = SettingsPrinter.Describe(settings);

        string.Join('\n', description).ShouldNotContain("hunter2");
        description.ShouldContain("API_KEYS=***");
        description.ShouldContain("COMFYUI_URL=big=http://***@host:8188,gpu1=http://other");
        description.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT=https://collector/?***");
    }

    [Fact]
    public void A_secret_that_is_not_set_shows_as_empty() => SettingsPrinter.Describe(Read.Good()).ShouldContain("JWT_SECRET=");

    [Theory]
    [InlineData("http://host:8188/path", "http://host:8188/path")]
    [InlineData("http://user:pass@host/path", "http://***@host/path")]
    [InlineData("http://token@host", "http://***@host")]
    [InlineData("https://host/v1?key=secret#part", "https://host/v1?***")]
    public void A_url_shows_without_credentials_and_query(string url, string shown) => new Uri(url).Masked().ShouldBe(shown);

    private static Gen<string> AnyOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static void ShowsNothing((string, string)[] variables)
    {
        var reading = Read.From(variables);

        string.Join('\n', [.. reading.Problems, .. reading.Warnings]).ShouldNotContain("hunter2");
        string.Join('\n', reading.Settings is null ? [] : SettingsPrinter.Describe(reading.Settings)).ShouldNotContain("hunter2");
    }
}
