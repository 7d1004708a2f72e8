namespace ComfyGateway.Platform.Problems;

/// <summary>A stable error code of the API. Codes are never renamed; each module lists its own beside its slices.</summary>
/// <param name="Code">What clients switch on, e.g. <c>VALIDATION_ERROR</c>.</param>
/// <param name="Status">The HTTP status it is answered with.</param>
/// <param name="Title">A short summary that is the same for each occurrence.</param>
/// <param name="Retryable">Whether the very same request may succeed later.</param>
public sealed record ProblemCode(string Code, int Status, string Title, bool Retryable = false)
{
    public static readonly ProblemCode ValidationError = new("VALIDATION_ERROR", 400, "Invalid request");
    public static readonly ProblemCode AuthFailed = new("AUTH_FAILED", 401, "Authentication failed");
    public static readonly ProblemCode Forbidden = new("FORBIDDEN", 403, "Not allowed");
    public static readonly ProblemCode NotFound = new("NOT_FOUND", 404, "Not found");
    public static readonly ProblemCode MethodNotAllowed = new("METHOD_NOT_ALLOWED", 405, "Method not allowed");
    public static readonly ProblemCode NotAcceptable = new("NOT_ACCEPTABLE", 406, "Not acceptable");
    public static readonly ProblemCode PreconditionFailed = new("PRECONDITION_FAILED", 412, "Precondition failed");
    public static readonly ProblemCode PayloadTooLarge = new("PAYLOAD_TOO_LARGE", 413, "Payload too large");
    public static readonly ProblemCode UnsupportedMediaType = new("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type");
    public static readonly ProblemCode RangeNotSatisfiable = new("RANGE_NOT_SATISFIABLE", 416, "Range not satisfiable");
    public static readonly ProblemCode InternalError = new("INTERNAL_ERROR", 500, "Internal error", Retryable: true);
    public static readonly ProblemCode DatabaseUnavailable = new("DATABASE_UNAVAILABLE", 503, "Database unavailable", Retryable: true);

    private static readonly ProblemCode[] Statuses =
    [
        ValidationError, AuthFailed, Forbidden, NotFound, MethodNotAllowed, NotAcceptable,
        PreconditionFailed, PayloadTooLarge, UnsupportedMediaType, RangeNotSatisfiable,
    ];

    /// <summary>The RFC 9457 <c>type</c>.</summary>
    public string Type => $"https://comfygateway.dev/errors/{Code.ToLowerInvariant().Replace('_', '-')}";

    /// <summary>The code for an answer of the framework itself, which knows statuses only.</summary>
    public static ProblemCode ForStatus(int status) =>
        Array.Find(Statuses, c => c.Status == status) ?? (status < 500 ? ValidationError : InternalError);
}
