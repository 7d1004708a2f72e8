using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Platform.Events;

/// <summary>Decides again where another writer came between a look at a stream and what was appended to it.</summary>
public static class Conflicts
{
    /// <param name="attempt">Looks, decides and commits; nothing of a try that lost may be left.</param>
    /// <param name="maxTries">How often, before the conflict is the caller's.</param>
    public static async Task<T> TryAgain<T>(Func<Task<T>> attempt, int maxTries)
    {
        for (var n = 1; ; n++)
        {
            try
            {
                return await attempt();
            }
            catch (Exception exception) when (n < maxTries && DatabaseFailure.IsConflict(exception))
            {
                // The next try sees what the other wrote.
            }
        }
    }
}
