using System.Security.Claims;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Platform.Http;

/// <summary>Who makes a request. Endpoints take it as a parameter; it binds from the authenticated principal.</summary>
/// <param name="Owner">Whom what the caller makes belongs to.</param>
/// <param name="Role">What the caller may do.</param>
/// <param name="CorrelationId">The request's id, echoed everywhere.</param>
public sealed record Caller(string Owner, CallerRole Role, string CorrelationId)
{
    public bool IsAdmin => Role == CallerRole.Admin;

    /// <summary>A user sees only what is theirs; an admin sees all.</summary>
    public bool MaySee(string owner) => IsAdmin || owner == Owner;

    public static ValueTask<Caller?> BindAsync(HttpContext context)
    {
        var owner = context.User.FindFirstValue(ClaimTypes.NameIdentifier)
            ?? throw new InvalidOperationException("An endpoint that takes a Caller must be behind a policy.");
        var role = context.User.IsInRole(nameof(CallerRole.Admin)) ? CallerRole.Admin : CallerRole.User;
        return ValueTask.FromResult<Caller?>(new Caller(owner, role, context.TraceIdentifier));
    }
}
