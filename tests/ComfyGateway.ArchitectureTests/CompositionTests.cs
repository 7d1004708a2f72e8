using ComfyGateway.Platform.Settings;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.ArchitectureTests;

public sealed class CompositionTests : IAsyncDisposable
{
    private readonly WebApplication _app = Build();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public void Every_handler_can_be_made()
    {
        var handlers = Code.TypesOf(Code.Modules)
            .SelectMany(t => t.GetInterfaces())
            .Where(i => i.IsGenericType && (i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>) || i.GetGenericTypeDefinition() == typeof(INotificationHandler<>)))
            .Distinct().ToArray();
        using var scope = _app.Services.CreateScope();

        handlers.ShouldNotBeEmpty();
        handlers.ShouldAllBe(h => scope.ServiceProvider.GetServices(h).Any());
    }

    [Fact]
    public void Every_request_has_one_handler()
    {
        using var scope = _app.Services.CreateScope();
        var requests = Code.TypesOf(Code.Modules).SelectMany(t => t.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>)).Select(i => (Request: t, Response: i.GenericTypeArguments[0])));

        foreach (var (request, response) in requests)
        {
            scope.ServiceProvider.GetServices(typeof(IRequestHandler<,>).MakeGenericType(request, response)).Count().ShouldBe(1, request.FullName);
        }
    }

    [Fact]
    public void Every_slice_is_mapped()
    {
        var slices = Code.TypesOf(Code.Modules).Where(t => t is { IsNested: true, Name: "Endpoint" }).Select(t => t.DeclaringType!.Name);

        Endpoints().Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).ShouldBe(slices, ignoreOrder: true);
    }

    [Fact]
    public void Only_health_is_open_to_everybody() =>
        Endpoints().Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(e => e.RoutePattern.RawText)
            .ShouldBe(["/health", "/health/live", "/health/ready"], ignoreOrder: true);

    [Fact]
    public async Task An_endpoint_without_a_policy_of_its_own_wants_a_known_role()
    {
        var policies = _app.Services.GetRequiredService<IAuthorizationPolicyProvider>();

        var fallback = await policies.GetFallbackPolicyAsync();

        fallback.ShouldNotBeNull().Requirements.OfType<RolesAuthorizationRequirement>().ShouldHaveSingleItem().AllowedRoles.ShouldBe(["User", "Admin"]);
    }

    [Fact]
    public async Task Every_policy_that_an_endpoint_names_exists()
    {
        var policies = _app.Services.GetRequiredService<IAuthorizationPolicyProvider>();

        foreach (var name in Endpoints().SelectMany(e => e.Metadata.GetOrderedMetadata<IAuthorizeData>()).Select(a => a.Policy).OfType<string>())
        {
            (await policies.GetPolicyAsync(name)).ShouldNotBeNull(name);
        }
    }

    private IEnumerable<RouteEndpoint> Endpoints() => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>();

    private static WebApplication Build()
    {
        const string nowhere = "Host=127.0.0.1;Port=1;Database=none";
        var reading = SettingsReader.Read(new Dictionary<string, string>
        {
            ["HOST"] = "127.0.0.1",
            ["PORT"] = "0",
            ["API_KEYS"] = "a-key:admin",
            ["DATABASE_URL"] = nowhere,
            ["LOG_LEVEL"] = "fatal",
        });
        return GatewayHost.Build(reading.Settings!, nowhere);
    }
}
