using ComfyGateway.Platform.Settings;
using Marten;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>A backend that there is to be.</summary>
internal sealed record PlannedBackend(BackendAddress Address, int Slots, BackendMode Mode);

/// <summary>Which backends there are to be: those of the settings, but for what administrators decided, and those that they added.</summary>
internal static class BackendPlan
{
    public static async Task<IReadOnlyList<PlannedBackend>> Read(IQuerySession session, GatewaySettings settings, CancellationToken ct) =>
        From(settings, await session.Query<BackendRecord>().OrderBy(r => r.At).ToListAsync(ct));

    public static IReadOnlyList<PlannedBackend> From(GatewaySettings settings, IReadOnlyList<BackendRecord> records)
    {
        var decided = records.ToDictionary(r => r.BackendId);
        var named = settings.ComfyUiUrls.Select(a => Of(a, settings.MaxConcurrency, decided.GetValueOrDefault(a.Id)));
        var added = records.Where(r => r.Url is not null && settings.ComfyUiUrls.All(a => a.Id != r.BackendId))
            .Select(r => Of(new BackendAddress(r.BackendId, new Uri(r.Url!)), settings.MaxConcurrency, r));
        return [.. named.Concat(added)];
    }

    private static PlannedBackend Of(BackendAddress address, int slots, BackendRecord? decided) => decided is null
        ? new PlannedBackend(address, slots, BackendMode.Active)
        : new PlannedBackend(
            decided.Url is null ? address : new BackendAddress(address.Id, new Uri(decided.Url)),
            decided.Slots ?? slots,
            decided.IsRemoved ? BackendMode.Removed : decided.IsDraining ? BackendMode.Draining : BackendMode.Active);
}
