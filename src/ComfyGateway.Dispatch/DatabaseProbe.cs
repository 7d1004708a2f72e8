using ComfyGateway.Platform.Problems;
using Npgsql;

namespace ComfyGateway.Dispatch;

/// <summary>Asks the database for an answer, for health.</summary>
internal sealed class DatabaseProbe(NpgsqlDataSource database)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<bool> _asking = Task.FromResult(true);

    /// <summary>Whether it answers within two seconds.</summary>
    public async Task<bool> IsReachable(CancellationToken ct)
    {
        try
        {
            return await Ask().WaitAsync(Patience, ct);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>One question at a time: a server that stands still is found to do so only when it has not answered a cancel either, and meanwhile each would hold a connection.</summary>
    private Task<bool> Ask()
    {
        lock (_gate)
        {
            return _asking = _asking.IsCompleted ? Answers() : _asking;
        }
    }

    private async Task<bool> Answers()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await using var command = database.CreateCommand("select 1");
            await command.ExecuteScalarAsync(limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException || DatabaseFailure.IsOutage(exception))
        {
            return false;
        }
    }
}
