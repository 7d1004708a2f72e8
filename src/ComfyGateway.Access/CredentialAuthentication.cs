using System.Security.Claims;
using System.Text.Encodings.Web;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Access;

/// <summary>
/// Exactly one credential makes a caller. Two at once, or one that is not valid, is a refusal and never an anonymous request.
/// </summary>
internal sealed class CredentialAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder,
    GatewaySettings settings, ConfiguredKeys keys, Tokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public new const string Scheme = "Credential";

    private const string KeyHeader = "X-API-Key";
    private const string Bearer = "Bearer ";
    // That of OpenID Connect for sub, and well below what PostgreSQL takes into an index.
    private const int MaxOwnerLength = 255;

    private const string Realm = "realm=\"ComfyGateway\"";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var presented = Request.Headers[KeyHeader];
        var authorization = Request.Headers.Authorization;
        return (presented.Count, authorization.Count) switch
        {
            (0, 0) => AccessModule.IsOpen(settings) ? Accept("anonymous", CallerRole.Admin) : AuthenticateResult.NoResult(),
            (1, 0) => AcceptKey(presented.ToString()),
            (0, 1) => await AcceptToken(authorization.ToString()),
            _ => AuthenticateResult.Fail("More than one credential was sent."),
        };
    }

    /// <summary>A 401 says what would be accepted (RFC 9110, 15.5.2), and of a credential why it is not.</summary>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append(HeaderNames.WWWAuthenticate, $"ApiKey {Realm}, header=\"{KeyHeader}\"");
        if (settings.JwtSecret.Length > 0)
        {
            Response.Headers.Append(HeaderNames.WWWAuthenticate, Request.Headers.Authorization.Count == 0 ? $"Bearer {Realm}" : $"Bearer {Realm}, error=\"invalid_token\"");
        }

        if ((await HandleAuthenticateOnceSafeAsync()).Failure is { } refusal)
        {
            await Context.WriteProblem(new ProblemException(ProblemCode.AuthFailed, refusal.Message));
        }
    }

    private AuthenticateResult AcceptKey(string key) =>
        keys.Find(key) is var (owner, role) ? Accept(owner, role) : AuthenticateResult.Fail("The key is not known.");

    private async Task<AuthenticateResult> AcceptToken(string authorization)
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
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, owner)], Scheme);
        if (role is not null)
        {
            identity.AddClaim(new(ClaimTypes.Role, role.Value.ToString()));
        }

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme));
    }
}
