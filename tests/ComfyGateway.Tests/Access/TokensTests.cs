using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ComfyGateway.Access;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Tests.Settings;
using Microsoft.Extensions.Time.Testing;

namespace ComfyGateway.Tests.Access;

public sealed class TokensTests
{
    private const string Secret = "a secret of thirty-two bytes or more";

    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);
    private static readonly Tokens Tokens = new(Read.Good(("JWT_SECRET", Secret)), new FakeTimeProvider(Now));

    [Theory]
    [InlineData("admin", CallerRole.Admin)]
    [InlineData("user", CallerRole.User)]
    [InlineData("root", null)]
    [InlineData("Admin", null)]
    [InlineData("", null)]
    public async Task A_valid_token_names_owner_and_role(string role, CallerRole? expected) =>
        (await Tokens.Find(Hs256(new { sub = "u7", role, exp = In(60) }))).ShouldBe(("u7", expected));

    [Fact]
    public async Task A_role_may_be_missing() => (await Tokens.Find(Hs256(new { sub = "u7", exp = In(60) }))).ShouldBe(("u7", null));

    [Theory]
    [InlineData("""["admin", "user"]""")]
    [InlineData("""["admin"]""")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""{"admin": true}""")]
    public async Task A_role_that_is_not_one_string_is_no_role(string role) =>
        (await Tokens.Find(Hs256(new { sub = "u7", role = Json.Of(role), exp = In(60) }))).ShouldBe(("u7", null));

    [Theory]
    [InlineData("exp")]
    [InlineData("nbf")]
    public async Task A_time_that_is_not_a_number_is_refused(string claim)
    {
        var claims = new Dictionary<string, object> { ["sub"] = "u7", ["role"] = "user", ["exp"] = In(60), ["nbf"] = In(-60) };
        (await Tokens.Find(Hs256(claims))).ShouldNotBeNull();

        claims[claim] = $"{claims[claim]}";

        (await Tokens.Find(Hs256(claims))).ShouldBeNull();
    }

    [Fact]
    public async Task A_header_with_what_must_be_understood_is_refused() =>
        (await Tokens.Find(Signed(new { alg = "HS256", typ = "JWT", crit = (string[])["b64"] }, JsonSerializer.SerializeToUtf8Bytes(Valid)))).ShouldBeNull();

    [Theory]
    [InlineData("""{"sub": "u7", "role": "user", "role": "admin", "exp": 4000000000}""")]
    [InlineData("""{"sub": "u7", "role": "\ud800", "exp": 4000000000}""")]
    [InlineData("""["sub"]""")]
    public async Task Claims_that_say_two_things_or_none_are_refused(string claims) =>
        (await Tokens.Find(Signed(new { alg = "HS256", typ = "JWT" }, Encoding.UTF8.GetBytes(claims)))).ShouldBeNull();

    [Fact]
    public async Task A_clock_may_be_half_a_minute_off()
    {
        (await Tokens.Find(Hs256(new { sub = "u7", exp = In(-29) }))).ShouldNotBeNull();
        (await Tokens.Find(Hs256(new { sub = "u7", exp = In(-30) }))).ShouldBeNull();
        (await Tokens.Find(Hs256(new { sub = "u7", exp = In(60), nbf = In(30) }))).ShouldNotBeNull();
        (await Tokens.Find(Hs256(new { sub = "u7", exp = In(60), nbf = In(31) }))).ShouldBeNull();
    }

    [Fact]
    public async Task An_owner_that_cannot_be_kept_is_refused() => (await Tokens.Find(Hs256(new { sub = "u\0", role = "user", exp = In(60) }))).ShouldBeNull();

    [Fact]
    public async Task A_token_without_an_end_is_refused() => (await Tokens.Find(Hs256(new { sub = "u7", role = "admin" }))).ShouldBeNull();

    [Fact]
    public async Task An_expired_token_is_refused() => (await Tokens.Find(Hs256(new { sub = "u7", exp = In(-3600) }))).ShouldBeNull();

    [Fact]
    public async Task A_token_without_a_subject_is_refused()
    {
        (await Tokens.Find(Hs256(new { role = "admin", exp = In(60) }))).ShouldBeNull();
        (await Tokens.Find(Hs256(new { sub = "", role = "admin", exp = In(60) }))).ShouldBeNull();
    }

    [Fact]
    public async Task Another_secret_is_refused() =>
        (await Tokens.Find(Token("HS256", Valid, s => HMACSHA256.HashData("another secret of thirty-two bytes"u8, s)))).ShouldBeNull();

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("")]
    public async Task An_unsigned_token_is_refused(string algorithm) => (await Tokens.Find(Token(algorithm, Valid, _ => []))).ShouldBeNull();

    [Theory]
    [InlineData("none")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("RS256")]
    [InlineData("hs256")]
    public async Task Only_hs256_may_be_named_even_over_a_good_signature(string algorithm) => (await Tokens.Find(Token(algorithm, Valid, Sign))).ShouldBeNull();

    [Fact]
    public async Task A_longer_hmac_is_refused_too() =>
        (await Tokens.Find(Token("HS512", Valid, s => HMACSHA512.HashData(Encoding.UTF8.GetBytes(Secret), s)))).ShouldBeNull();

    [Fact]
    public async Task A_token_signed_with_a_private_key_is_refused()
    {
        using var rsa = RSA.Create(2048);

        (await Tokens.Find(Token("RS256", Valid, s => rsa.SignData(s, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)))).ShouldBeNull();
    }

    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var parts = Hs256(new { sub = "u7", role = "user", exp = In(60) }).Split('.');
        var forged = Encode(JsonSerializer.SerializeToUtf8Bytes(new { sub = "u7", role = "admin", exp = In(60) }));

        (await Tokens.Find($"{parts[0]}.{forged}.{parts[2]}")).ShouldBeNull();
        (await Tokens.Find($"{parts[0]}.{parts[1]}.")).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d.e")]
    public async Task What_is_no_token_is_refused(string token) => (await Tokens.Find(token)).ShouldBeNull();

    [Fact]
    public async Task Without_a_secret_no_token_is_taken() =>
        (await new Tokens(Read.Good(), new FakeTimeProvider(Now)).Find(Hs256(Valid))).ShouldBeNull();

    private static object Valid => new { sub = "u7", role = "admin", exp = In(60) };

    private static string Hs256(object claims) => Token("HS256", claims, Sign);

    private static byte[] Sign(byte[] signed) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);

    private static string Signed(object header, byte[] claims)
    {
        var signed = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(header))}.{Encode(claims)}";
        return $"{signed}.{Encode(Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Token(string algorithm, object claims, Func<byte[], byte[]> sign)
    {
        var head = Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg = algorithm, typ = "JWT" }));
        var signed = $"{head}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static long In(int seconds) => Now.AddSeconds(seconds).ToUnixTimeSeconds();
}
