using Microsoft.Extensions.Logging;

namespace ComfyGateway.Platform.Postgres;

internal sealed record ServerEnvironment(ILogger Logger, TimeProvider Clock);
