using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.Commands;

/// <summary>The options of every command that talks to a running gateway, and the talk.</summary>
internal static class GatewayCalls
{
    public static readonly Option<string> Url = new("--url")
    {
        Description = "The gateway (or GATEWAY_URL).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GATEWAY_URL") ?? "http://127.0.0.1:3000",
    };

    public static readonly Option<string?> Key = new("--key")
    {
        Description = "An API key (or GATEWAY_KEY).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GATEWAY_KEY"),
    };

    public static Command TalksToGateway(this Command command)
    {
        command.Add(Url);
        command.Add(Key);
        return command;
    }

    /// <exception cref="StartException">The URL is none.</exception>
    public static HttpClient Client(ParseResult arguments)
    {
        var url = arguments.GetRequiredValue(Url);
        return Uri.TryCreate(url, UriKind.Absolute, out var parsed) && (parsed.Scheme is "http" or "https")
            ? Client(parsed!, arguments.GetValue(Key))
            : throw new StartException($"--url: found \"{url}\", accepted: an http or https URL");
    }

    public static HttpClient Client(Uri url, string? key)
    {
        var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
        if (!string.IsNullOrEmpty(key))
        {
            client.DefaultRequestHeaders.Add("X-API-Key", key);
        }

        return client;
    }

    /// <exception cref="GatewayCallException">The gateway refused; the message is its own.</exception>
    public static async Task<JsonElement> Read(Task<HttpResponseMessage> call, CancellationToken ct)
    {
        using var response = await call;
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(ct);
        return response.IsSuccessStatusCode
            ? answer
            : throw new GatewayCallException($"{answer.GetProperty("code").GetString()}: {answer.GetProperty("message").GetString()}");
    }
}

/// <summary>The gateway answered with an error.</summary>
internal sealed class GatewayCallException(string message) : Exception(message);
