using System.Security.Cryptography;
using System.Text;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Access;

/// <summary>The keys of <c>API_KEYS</c>, kept as hashes.</summary>
internal sealed class ConfiguredKeys(GatewaySettings settings)
{
    private const int OwnerDigits = 12;

    private readonly (byte[] Hash, string Owner, CallerRole Role)[] _keys = [.. settings.ApiKeys.Select(k => (Hash(k.Key), OwnerOf(k.Key), k.Role))];

    /// <summary>The owner and role that <paramref name="key"/> stands for, or null. Takes the same time whichever key matches.</summary>
    public (string Owner, CallerRole Role)? Find(string key)
    {
        var presented = Hash(key);
        (string, CallerRole)? found = null;
        foreach (var (hash, owner, role) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, presented))
            {
                found = (owner, role);
            }
        }

        return found;
    }

    private static string OwnerOf(string key) => $"key_{Convert.ToHexStringLower(Hash(key))[..OwnerDigits]}";

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
