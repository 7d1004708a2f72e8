using System.Security.Cryptography;
using System.Text;
using ComfyGateway.Access;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Tests.Settings;

namespace ComfyGateway.Tests.Access;

public sealed class ConfiguredKeysTests
{
    private static readonly ConfiguredKeys Keys = new(Read.Good(("API_KEYS", "first-key:admin,second-key:user")));

    [Theory]
    [InlineData("first-key", CallerRole.Admin)]
    [InlineData("second-key", CallerRole.User)]
    public void A_key_has_its_role_and_its_owner_is_told_by_its_hash(string key, CallerRole role)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

        Keys.Find(key).ShouldBe(($"key_{hash[..12]}", role));
    }

    [Theory]
    [InlineData("")]
    [InlineData("first")]
    [InlineData("first-key ")]
    [InlineData("FIRST-KEY")]
    [InlineData("first-key:admin")]
    [InlineData("first-key,second-key")]
    public void Any_other_key_is_unknown(string key) => Keys.Find(key).ShouldBeNull();

    [Fact]
    public void Without_keys_none_is_known() => new ConfiguredKeys(Read.Good()).Find("").ShouldBeNull();
}
