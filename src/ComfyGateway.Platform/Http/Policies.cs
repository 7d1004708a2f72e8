namespace ComfyGateway.Platform.Http;

/// <summary>Names of the authorization policies. An endpoint that names none is behind <see cref="User"/>.</summary>
public static class Policies
{
    /// <summary>Any valid credential with a known role.</summary>
    public const string User = "user";

    /// <summary>A credential with the role <c>admin</c>.</summary>
    public const string Admin = "admin";
}
