using System.Reflection;
using Carter;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Platform.Slices;

/// <summary>Finds endpoints, validators and handlers by scanning, so that adding a slice edits no list.</summary>
public static class SliceRegistration
{
    public static IServiceCollection AddSlices(this IServiceCollection services, params Assembly[] modules)
    {
        // Carter would register validators under types that the behaviour below cannot see.
        services.AddCarter(new DependencyContextAssemblyCatalog(modules), c => c.WithEmptyValidators());
        // Their rules follow from the settings alone, and to put them together costs more than to check a request by them.
        services.AddValidatorsFromAssemblies(modules, ServiceLifetime.Singleton, includeInternalTypes: true);

        // MediatR 5 has no registration package (docs/adr/0003).
        services.AddTransient<IMediator, Mediator>();
        services.AddTransient<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        return services.Scan(scan => scan.FromAssemblies(modules)
            .AddClasses(c => c.AssignableToAny(typeof(IRequestHandler<,>), typeof(INotificationHandler<>)), publicOnly: false)
            .AsImplementedInterfaces()
            .WithTransientLifetime());
    }
}
