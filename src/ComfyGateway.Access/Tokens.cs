using System.Security.Claims;
using System.Text;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Settings;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ComfyGateway.Access;

/// <summary>JWTs signed with <c>JWT_SECRET</c>: HS256 and nothing else, with an expiry and a subject.</summary>
internal sealed class Tokens(GatewaySettings settings, TimeProvider clock)
{
    private const string OwnerClaim = "sub";
    private const string RoleClaim = "role";

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    private readonly TokenValidationParameters? _rules = settings.JwtSecret.Length == 0 ? null : new TokenValidationParameters
    {
        IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(settings.JwtSecret)),
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ValidateIssuer = false,
        ValidateAudience = false,
        LifetimeValidator = (notBefore, expires, _, _) => IsAlive(notBefore, expires, clock.GetUtcNow().UtcDateTime),
    };

    /// <summary>The owner and role of a valid token (the role null where it is not a known one), or null.</summary>
    public async Task<(string Owner, CallerRole? Role)?> Find(string token)
    {
        if (_rules is null)
        {
            return null;
        }

        var result = await _handler.ValidateTokenAsync(token, _rules);
        // An owner that PostgreSQL has no text for can own nothing.
        if (!result.IsValid || result.ClaimsIdentity.FindFirst(OwnerClaim) is not { Value.Length: > 0 } owner || StorableJson.Fault(owner.Value) is not null)
        {
            return null;
        }

        return (owner.Value, RoleOf(result.ClaimsIdentity.FindFirst(RoleClaim)));
    }

    private static CallerRole? RoleOf(Claim? claim) => claim?.Value switch
    {
        "admin" => CallerRole.Admin,
        "user" => CallerRole.User,
        _ => null,
    };

    private static bool IsAlive(DateTime? notBefore, DateTime? expires, DateTime now)
    {
        var skew = TimeSpan.FromSeconds(30);
        return expires is { } end && now < end + skew && (notBefore is not { } start || now >= start - skew);
    }
}
