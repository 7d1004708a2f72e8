using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Access;

/// <summary>Who calls, and what they may do. Every endpoint is behind a policy: without one of its own, behind <see cref="Policies.User"/>.</summary>
public static class AccessModule
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<ConfiguredKeys>().AddSingleton<Tokens>().AddSingleton<Credentials>().AddSingleton<IAuthenticationService, CallerAuthentication>();

        var user = new AuthorizationPolicyBuilder().RequireRole(nameof(CallerRole.User), nameof(CallerRole.Admin)).Build();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(user)
            .AddPolicy(Policies.User, user)
            .AddPolicy(Policies.Admin, p => p.RequireRole(nameof(CallerRole.Admin)));
        return services;
    }

    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app.Use(Identify).UseAuthorization();

    private static async Task Identify(HttpContext http, RequestDelegate next)
    {
        var credentials = http.RequestServices.GetRequiredService<Credentials>();
        var result = await credentials.Check(http.Request);
        http.Features.Set<IAuthenticateResultFeature>(new Checked { AuthenticateResult = result });
        if (result.Principal is { } caller)
        {
            http.User = caller;
        }

        await next(http);
    }

    /// <summary>What keeps the gateway from starting, or null: in Production somebody must be able to enter, and nobody else.</summary>
    public static string? StartProblem(GatewaySettings settings) =>
        settings.Environment == GatewayEnvironment.Production && !HasCredentials(settings)
            ? "API_KEYS, JWT_SECRET: found neither, accepted: at least one of them in Production (comfy-gateway init makes a key)"
            : null;

    /// <summary>Whether every request is taken for an admin's.</summary>
    public static bool IsOpen(GatewaySettings settings) =>
        settings.Environment == GatewayEnvironment.Development && !HasCredentials(settings);

    private static bool HasCredentials(GatewaySettings settings) => settings.ApiKeys.Count > 0 || settings.JwtSecret.Length > 0;

    /// <summary>What became of the request's credential, for the framework's authorization and for a refusal.</summary>
    private sealed class Checked : IAuthenticateResultFeature
    {
        public AuthenticateResult? AuthenticateResult { get; set; }
    }
}
