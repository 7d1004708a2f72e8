namespace ComfyGateway.Outputs.Contracts;

/// <summary>Whether outputs can be kept, for those who ask often.</summary>
public interface IStoreWatch
{
    /// <summary>How the store was some seconds ago at most. Never waits long.</summary>
    Task<StoreCondition> Look(CancellationToken ct);
}
