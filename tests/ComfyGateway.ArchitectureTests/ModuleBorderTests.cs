using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace ComfyGateway.ArchitectureTests;

public sealed class ModuleBorderTests
{
    private const string Features = @"^ComfyGateway\.\w+\.Features";

    [Theory]
    [InlineData(@"^ComfyUi\.", @"^ComfyGateway(\.|$)")]
    [InlineData(@"^ComfyUi\.Client", @"^ComfyUi\.Simulator")]
    [InlineData(@"^ComfyUi\.Simulator", @"^ComfyUi\.Client")]
    [InlineData(@"^ComfyGateway\.Platform", @"^ComfyGateway\.(Access|Dispatch|Jobs|Outputs|Workflows)|^ComfyUi\.")]
    [InlineData(@"^ComfyGateway\.Access", @"^ComfyGateway\.(Dispatch|Jobs|Outputs|Workflows)|^ComfyUi\.")]
    [InlineData(@"^ComfyGateway\.Workflows", @"^ComfyGateway\.(Access|Dispatch|Jobs|Outputs)|^ComfyUi\.")]
    [InlineData(@"^ComfyGateway\.Jobs", @"^ComfyGateway\.(Access|Dispatch|Outputs|Workflows(?!\.Contracts))|^ComfyUi\.")]
    [InlineData(@"^ComfyGateway\.Outputs", @"^ComfyGateway\.(Access|Dispatch|Workflows(?!\.Contracts)|Jobs\.Features)|^ComfyUi\.")]
    [InlineData(@"^ComfyGateway\.Dispatch", @"^ComfyGateway\.(Access|Workflows(?!\.Contracts)|Outputs(?!\.Contracts)|Jobs\.Features)|^ComfyUi\.Simulator")]
    [InlineData(@"^ComfyGateway\.(Access|Dispatch|Jobs|Outputs|Platform|Workflows)", @"^ComfyGateway(\.Commands)?$")]
    public void A_module_knows_only_what_it_may(string module, string forbidden) =>
        Types().That().ResideInNamespaceMatching(module)
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(forbidden))
            .Check(Code.Architecture);

    [Theory]
    [InlineData(@"^ComfyGateway\.Outputs", @"^ComfyGateway\.Jobs\.(Job|JobView|JobsModule)$")]
    [InlineData(@"^ComfyGateway\.Dispatch", @"^ComfyGateway\.Jobs\.(JobView|JobsModule)$")]
    public void A_module_uses_of_another_the_contracts_and_events_and_not_its_views(string module, string forbidden) =>
        Types().That().ResideInNamespaceMatching(module)
            .Should().NotDependOnAny(Types().That().HaveFullNameMatching(forbidden))
            .Check(Code.Architecture);

    [Fact]
    public void A_use_that_is_not_allowed_would_be_seen() =>
        Types().That().ResideInNamespaceMatching(@"^ComfyGateway\.Jobs")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^ComfyGateway\.Workflows\.Contracts"))
            .HasNoViolations(Code.Architecture).ShouldBeFalse();

    [Fact]
    public void The_host_composes_modules_and_knows_none_of_their_slices() =>
        Types().That().ResideInNamespaceMatching(@"^ComfyGateway(\.Commands)?$")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Features))
            .Check(Code.Architecture);

    [Fact]
    public void A_slice_does_not_depend_on_another_slice()
    {
        var slices = Code.Architecture.Types.Where(t => t.Namespace is { } n && n.FullName.EndsWith(".Features", StringComparison.Ordinal)).ToArray();
        slices.ShouldNotBeEmpty();

        var offenses =
            from type in slices
            from dependency in type.Dependencies
            let target = dependency.Target
            where target.Namespace is { } n && n.FullName.EndsWith(".Features", StringComparison.Ordinal) && SliceOf(target.FullName) != SliceOf(type.FullName)
            select $"{type.FullName} uses {target.FullName}";

        offenses.Distinct().ShouldBeEmpty();
    }

    private static string SliceOf(string fullName) => fullName.Split('+')[0];
}
