using System.CommandLine;
using ComfyGateway.Platform.Postgres;

namespace ComfyGateway.Commands;

/// <summary>What a command says when it cannot do its work: the reason, on standard error, without a stack trace.</summary>
internal static class CommandErrors
{
    public const int Failed = 1;

    public static InvocationConfiguration Configuration { get; } = new()
    {
        EnableDefaultExceptionHandler = true,
        // Stopping finishes requests, the scheduler and PostgreSQL.
        ProcessTerminationTimeout = TimeSpan.FromSeconds(40),
    };

    public static async Task<int> Guard(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception exception) when (exception is StartException or EmbeddedPostgresException or PostgresNotFoundException or GatewayCallException)
        {
            return await Say(exception.Message);
        }
        catch (HttpRequestException exception)
        {
            return await Say($"No gateway answers: {exception.Message}");
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return await Say($"{exception.Message} Set PORT to another port.");
        }
        catch (Npgsql.NpgsqlException exception)
        {
            return await Say($"DATABASE_URL: the database cannot be used: {exception.Message}");
        }
    }

    private static async Task<int> Say(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return Failed;
    }
}
