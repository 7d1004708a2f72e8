using System.Security.Claims;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway.Access;

/// <summary>
/// How the framework is told of callers, and callers of refusals. There is one scheme and nobody signs in, so the framework's choice among handlers,
/// each made anew for a request, would take longer than the answer.
/// </summary>
internal sealed class CallerAuthentication(GatewaySettings settings) : IAuthenticationService
{
    private const string Realm = "realm=\"ComfyGateway\"";

    public Task<AuthenticateResult> AuthenticateAsync(HttpContext context, string? scheme) => Task.FromResult(Checked(context));

    /// <summary>A 401 says what would be accepted (RFC 9110, 15.5.2), and of a credential why it is not.</summary>
    public async Task ChallengeAsync(HttpContext context, string? scheme, AuthenticationProperties? properties)
    {
        var (request, response) = (context.Request, context.Response);
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.Append(HeaderNames.WWWAuthenticate, $"ApiKey {Realm}, header=\"{Credentials.KeyHeader}\"");
        if (settings.JwtSecret.Length > 0)
        {
            response.Headers.Append(HeaderNames.WWWAuthenticate, request.Headers.Authorization.Count == 0 ? $"Bearer {Realm}" : $"Bearer {Realm}, error=\"invalid_token\"");
        }

        if (Checked(context).Failure is { } refusal)
        {
            await context.WriteProblem(new ProblemException(ProblemCode.AuthFailed, refusal.Message));
        }
    }

    public Task ForbidAsync(HttpContext context, string? scheme, AuthenticationProperties? properties)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    public Task SignInAsync(HttpContext context, string? scheme, ClaimsPrincipal principal, AuthenticationProperties? properties) => throw NobodySignsIn();

    public Task SignOutAsync(HttpContext context, string? scheme, AuthenticationProperties? properties) => throw NobodySignsIn();

    private static AuthenticateResult Checked(HttpContext context) =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult ?? AuthenticateResult.NoResult();

    private static NotSupportedException NobodySignsIn() => new("A credential comes with each request; nobody signs in or out.");
}
