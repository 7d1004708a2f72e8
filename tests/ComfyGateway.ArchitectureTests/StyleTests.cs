using System.Reflection;
using System.Text.RegularExpressions;
using Carter;
using FluentValidation;
using MediatR;

namespace ComfyGateway.ArchitectureTests;

public sealed partial class StyleTests
{
    [Fact]
    public void Handlers_and_validators_are_sealed()
    {
        var classes = Code.TypesOf(Code.Modules)
            .Where(t => t.Implements(typeof(IRequestHandler<,>), typeof(INotificationHandler<>), typeof(IValidator<>))).ToArray();

        classes.ShouldNotBeEmpty();
        classes.ShouldAllBe(t => t.IsSealed);
    }

    [Fact]
    public void No_name_says_nothing() => Code.TypesOf(Code.All).Select(t => t.Name).Where(n => Empty().IsMatch(n)).ShouldBeEmpty();

    [Fact]
    public void Routes_are_in_slices_and_visible_to_carter()
    {
        var modules = Code.TypesOf(Code.Modules).Where(t => t.IsAssignableTo(typeof(ICarterModule)) && !t.IsAbstract).ToArray();

        modules.ShouldNotBeEmpty();
        modules.ShouldAllBe(t => t.IsPublic || t.IsNestedPublic);
        modules.ShouldAllBe(t => t.Namespace!.EndsWith(".Features", StringComparison.Ordinal) && t.Name == "Endpoint");
    }

    [Fact]
    public void A_slice_is_a_static_class_whose_members_have_their_names()
    {
        var slices = Code.TypesOf(Code.Modules).Where(t => t.Namespace?.EndsWith(".Features", StringComparison.Ordinal) == true && !t.IsNested).ToArray();

        slices.ShouldNotBeEmpty();
        slices.ShouldAllBe(t => t.IsNotPublic && t.IsAbstract && t.IsSealed);
        slices.ShouldAllBe(t => t.GetNestedType("Endpoint") != null);
    }

    /// <summary>Modules resolve while they register; everything else is given what it needs.</summary>
    [Fact]
    public void Nothing_asks_a_container_for_what_it_needs()
    {
        Type[] containers = [typeof(IServiceProvider), typeof(Microsoft.Extensions.DependencyInjection.IServiceScopeFactory)];
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

        Code.TypesOf(Code.Modules)
            .Where(t => !t.Name.EndsWith("Module", StringComparison.Ordinal))
            .Where(t => t.GetConstructors(own).SelectMany(c => c.GetParameters().Select(p => p.ParameterType))
                .Concat(t.GetFields(own).Select(f => f.FieldType))
                .Concat(t.GetMethods(own).SelectMany(m => m.GetParameters().Select(p => p.ParameterType)))
                .Any(containers.Contains))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Modules_show_only_their_contracts_events_and_the_module_itself() =>
        Code.TypesOf(Code.Modules)
            .Where(t => t is { IsPublic: true, Namespace: not null } && t.Namespace.Count(c => c == '.') > 1 && !t.Namespace.EndsWith(".Contracts", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utility|Service|Services)$")]
    private static partial Regex Empty();
}
