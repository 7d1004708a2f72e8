using Carter;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Dispatch.Features;

/// <summary>Adds a ComfyUI server to the pool, for good and on every gateway. It need not answer yet.</summary>
internal static class AddBackend
{
    /// <param name="Id">Up to 64 letters, digits, - and _; by default the next free gpu0, gpu1, …</param>
    /// <param name="Url">http or https, without query or fragment.</param>
    /// <param name="Slots">Jobs at once, 1 … 64; by default MAX_CONCURRENCY.</param>
    public sealed record Body(string? Id = null, string? Url = null, int? Slots = null);

    public sealed record Command(Body Body, Caller Caller) : IRequest<BackendAnswer>;

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/admin/backends", Post).WithName(nameof(AddBackend)).WithTags("Administration").RequireAuthorization(Policies.Admin);

        private static async Task<Created<BackendAnswer>> Post(Body body, Caller caller, IMediator mediator, CancellationToken ct)
        {
            var added = await mediator.Send(new Command(body, caller), ct);
            return TypedResults.Created($"/admin/backends/{added.Id}", added);
        }
    }

    public sealed class Validator : AbstractValidator<Command>
    {
        private const int MaxSlots = 64;

        public Validator()
        {
            RuleFor(c => c.Body.Id).Must(id => id is null || BackendAddress.IsId(id)).OverridePropertyName("id")
                .WithMessage("must be up to 64 letters, digits, '-' and '_', beginning with a letter or digit");
            RuleFor(c => c.Body.Url).Must(url => url is not null && BackendAddress.ParseUrl(url) is not null).OverridePropertyName("url")
                .WithMessage("must be an http:// or https:// URL without query or fragment");
            RuleFor(c => c.Body.Slots).InclusiveBetween(1, MaxSlots).OverridePropertyName("slots").WithMessage($"must be from 1 to {MaxSlots}");
        }
    }

    public sealed class Handler(BackendPool pool, BackendChange change, QueueDepth depth, GatewaySettings settings, TimeProvider clock) : IRequestHandler<Command, BackendAnswer>
    {
        public async Task<BackendAnswer> Handle(Command command, CancellationToken ct)
        {
            var added = await change.Append(there => Decide(there, command.Body), command.Caller, ct);
            // Somebody may have deleted it by now.
            return pool.Find(added.BackendId) is { } backend ? BackendAnswer.From(backend, depth) : BackendAnswer.Of(added);
        }

        private (string BackendId, BackendAdded Event) Decide(IReadOnlyList<PlannedBackend> there, Body body)
        {
            var id = body.Id ?? Enumerable.Range(0, int.MaxValue).Select(n => $"gpu{n}").First(n => !there.Any(b => IsNamed(b, n)));
            var url = BackendAddress.ParseUrl(body.Url!)!;
            if (there.FirstOrDefault(b => IsNamed(b, id)) is { } namesake)
            {
                throw ProblemException.Invalid("id", $"is taken: \"{namesake.Address.Id}\" is at {namesake.Address.Url.Masked()}");
            }

            if (there.FirstOrDefault(b => BackendAddress.IsSameServer(b.Address.Url, url)) is { } same)
            {
                throw ProblemException.Invalid("url", $"is that of backend \"{same.Address.Id}\" already");
            }

            return (id, new BackendAdded(id, url.OriginalString, body.Slots ?? settings.MaxConcurrency, clock.GetUtcNow()));
        }

        private static bool IsNamed(PlannedBackend backend, string id) => backend.Address.Id.Equals(id, StringComparison.OrdinalIgnoreCase);
    }
}
