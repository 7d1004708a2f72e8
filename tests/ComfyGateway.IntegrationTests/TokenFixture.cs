using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests;

/// <summary>A gateway that takes tokens, so that each test can be an owner of its own.</summary>
public sealed class TokenFixture(PostgresFixture postgres) : GatewayFixture(postgres)
{
    private const string Secret = "the tests' secret of thirty-two bytes";

    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["JWT_SECRET"] = Secret };

    /// <summary>A client with a token of this owner, by default one that nobody else is.</summary>
    public HttpClient Client(string? owner = null, string role = "user")
    {
        var client = Gateway.Client(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(owner ?? Guid.CreateVersion7().ToString(), role));
        return client;
    }

    public static string Token(string owner, string role)
    {
        var exp = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var signed = $"{Encode(new { alg = "HS256", typ = "JWT" })}.{Encode(new { sub = owner, role, exp })}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}
