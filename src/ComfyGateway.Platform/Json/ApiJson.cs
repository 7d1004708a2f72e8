using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Platform.Json;

/// <summary>How JSON looks on the wire: camelCase, UTC milliseconds, enums as words, and nothing unknown accepted.</summary>
public static class ApiJson
{
    /// <summary>How deep a request's JSON may be nested, and a graph that is made of it.</summary>
    public const int MaxRequestDepth = 64;

    // Answers show what a request brought some levels further in: a job's metadata in a list of jobs, a graph in its workflow.
    private const int MaxAnswerDepth = MaxRequestDepth + 16;

    /// <summary>The options of request and response bodies, for code that writes JSON itself.</summary>
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    internal static IServiceCollection AddApiJson(this IServiceCollection services) => services
        .Configure<JsonOptions>(o => Configure(o.SerializerOptions))
        // Otherwise malformed JSON is answered without ever reaching the exception handler.
        .Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);

    private static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        // The web's defaults would take any spelling, and the contract says camelCase.
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = MaxAnswerDepth;
        options.Converters.Add(new RequestElementConverter());
        // The API serves JSON, not HTML: quotes and non-ASCII letters may stand as they are.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new TimestampConverter());
        return options;
    }
}
