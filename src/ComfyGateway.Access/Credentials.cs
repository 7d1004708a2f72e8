using System.Collections.Concurrent;
using System.Security.Claims;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Access;

/// <summary>
/// Exactly one credential makes a caller. Two at once, or one that is not valid, is a refusal and never an anonymous request.
/// </summary>
internal sealed class Credentials(GatewaySettings settings, ConfiguredKeys keys, Tokens tokens)
{
    public const string KeyHeader = "X-API-Key";

    private const string Scheme = "Credential";
    private const string Bearer = "Bearer ";
    // That of OpenID Connect for sub, and well below what PostgreSQL takes into an index.
    private const int MaxOwnerLength = 255;

    private static readonly AuthenticateResult Anyone = Accept("anonymous", CallerRole.Admin);
    private static readonly AuthenticateResult TooMany = AuthenticateResult.Fail("More than one credential was sent.");
    private static readonly AuthenticateResult UnknownKey = AuthenticateResult.Fail("The key is not known.");

    // As many as there are keys. Each request has one, and nobody changes it.
    private readonly ConcurrentDictionary<(string, CallerRole), AuthenticateResult> _ofKeys = new();

    public async ValueTask<AuthenticateResult> Check(HttpRequest request)
    {
        var presented = request.Headers[KeyHeader];
        var authorization = request.Headers.Authorization;
        return (presented.Count, authorization.Count) switch
        {
            (0, 0) => AccessModule.IsOpen(settings) ? Anyone : AuthenticateResult.NoResult(),
            (1, 0) => CheckKey(presented.ToString()),
            (0, 1) => await CheckToken(authorization.ToString()),
            _ => TooMany,
        };
    }

    private AuthenticateResult CheckKey(string key) =>
        keys.Find(key) is { } found ? _ofKeys.GetOrAdd(found, static f => Accept(f.Item1, f.Item2)) : UnknownKey;

    private async Task<AuthenticateResult> CheckToken(string authorization)
    {
        if (!authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.Fail("Only Bearer tokens are accepted.");
        }

        return await tokens.Find(authorization[Bearer.Length..].Trim()) switch
        {
            null => AuthenticateResult.Fail("The token is not valid."),
            ({ Length: > MaxOwnerLength }, _) => AuthenticateResult.Fail($"The token's sub is longer than {MaxOwnerLength} characters."),
            var (owner, role) => Accept(owner, role),
        };
    }

    private static AuthenticateResult Accept(string owner, CallerRole? role)
    {
        Claim[] claims = role is null ? [] : [new(ClaimTypes.Role, role.Value.ToString())];
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, owner), .. claims], Scheme);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme));
    }
}
