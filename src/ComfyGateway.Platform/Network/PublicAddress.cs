using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ComfyGateway.Platform.Network;

/// <summary>
/// Tells addresses of the public internet from those that lead to this host, its network or its cloud's own services. By the registries of
/// special-purpose addresses (https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry).
/// </summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic = [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        // Azure's metadata server, at a public address.
        "168.63.129.16/32",
        // Of the unicast addresses below: protocol assignments (Teredo among them), documentation.
        "2001::/23", "2001:db8::/32", "3fff::/20",
    }.Select(IPNetwork.Parse)];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    public static bool Is(IPAddress address)
    {
        if (Embedded(address) is { } inner)
        {
            return Is(inner);
        }

        return (address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address)) && !Array.Exists(NotPublic, n => n.Contains(address));
    }

    /// <summary>The IPv4 address that an IPv6 address is only a way of writing, or leads to.</summary>
    private static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : Nat64.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : IsIsatap(bytes) ? new IPAddress(bytes.AsSpan(12, 4))
            : null;
    }

    // RFC 5214: an interface id of 5efe and the IPv4 address, whatever the prefix.
    private static bool IsIsatap(byte[] bytes) => (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8)) & 0xFDFFFFFF) == 0x00005EFE;
}
