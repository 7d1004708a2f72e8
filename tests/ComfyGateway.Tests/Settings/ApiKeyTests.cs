using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

public sealed class ApiKeyTests
{
    [Fact]
    public void A_key_may_hold_colons_because_the_role_comes_last() =>
        Read.Good(("API_KEYS", "cgw:a:b:admin, plain:USER")).ApiKeys
            .ShouldBe([new ApiKey("cgw:a:b", CallerRole.Admin), new ApiKey("plain", CallerRole.User)]);

    [Theory]
    [InlineData("sesame")]
    [InlineData("sesame:")]
    [InlineData(":admin")]
    [InlineData("sesame:root")]
    [InlineData("open:sesame")]
    public void An_entry_without_key_or_role_is_a_problem_that_does_not_show_it(string text)
    {
        var problem = Read.OnlyProblem(("API_KEYS", text));

        problem.ShouldBe("API_KEYS: found \"***\", accepted: key:role,key:role with role admin or user");
    }

    [Fact]
    public void A_bad_entry_is_told_by_its_place() =>
        Read.OnlyProblem(("API_KEYS", "a:user,b")).ShouldStartWith("API_KEYS: found \"***\" (entry 2)");

    [Fact]
    public void A_key_comes_once() =>
        Read.OnlyProblem(("API_KEYS", "a:user,a:admin")).ShouldBe("API_KEYS: found the same key twice, accepted: every key once");
}
