using System.Buffers.Text;
using System.Text;
using System.Text.Json;
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

    // Of a member that is there twice a reader takes either; such a token says nothing for sure.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

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

        // As it is written: the handler makes claims of all that is there, several of a list, and reads times from texts. What crit lists must be
        // understood (RFC 7515, 4.1.11), and nothing that it could list is.
        return result.SecurityToken is JsonWebToken valid
            && Read(valid.EncodedHeader) is { } header && !header.TryGetProperty("crit", out _)
            && Read(valid.EncodedPayload) is { } claims && IsTime(claims, "exp") && IsTime(claims, "nbf")
                ? (owner.Value, RoleOf(claims))
                : null;
    }

    private static bool IsTime(JsonElement claims, string claim) => !claims.TryGetProperty(claim, out var time) || time.ValueKind == JsonValueKind.Number;

    private static CallerRole? RoleOf(JsonElement claims) =>
        !claims.TryGetProperty(RoleClaim, out var role) || role.ValueKind != JsonValueKind.String ? null
        : role.ValueEquals("admin") ? CallerRole.Admin
        : role.ValueEquals("user") ? CallerRole.User
        : null;

    private static JsonElement? Read(string part)
    {
        try
        {
            return JsonElement.Parse(Base64Url.DecodeFromChars(part), Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsAlive(DateTime? notBefore, DateTime? expires, DateTime now)
    {
        var skew = TimeSpan.FromSeconds(30);
        return expires is { } end && now < end + skew && (notBefore is not { } start || now >= start - skew);
    }
}
