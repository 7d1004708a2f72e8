using System.Reflection;
using System.Runtime.CompilerServices;
using ComfyGateway.Platform;
using ComfyUi.Client;
using ComfyUi.Simulator;

namespace ComfyGateway.ArchitectureTests;

/// <summary>The compiled gateway, to look at.</summary>
internal static class Code
{
    public static readonly Assembly[] Modules = GatewayHost.Modules;

    public static readonly Assembly[] All =
        [.. Modules, typeof(PlatformModule).Assembly, typeof(ComfyUiClient).Assembly, typeof(SimulatorServer).Assembly, typeof(GatewayHost).Assembly];

    /// <summary>Read from IL, with what each type depends on.</summary>
    public static readonly ArchUnitNET.Domain.Architecture Architecture = new ArchUnitNET.Loader.ArchLoader().LoadAssemblies(All).Build();

    public static IEnumerable<Type> TypesOf(IEnumerable<Assembly> assemblies) =>
        assemblies.SelectMany(a => a.GetTypes()).Where(t => t.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !t.Name.Contains('<'));

    public static bool Implements(this Type type, params Type[] generics) =>
        type.GetInterfaces().Any(i => i.IsGenericType && generics.Contains(i.GetGenericTypeDefinition()));
}
