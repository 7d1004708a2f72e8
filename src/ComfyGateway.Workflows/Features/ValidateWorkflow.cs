using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

/// <summary>Says whether a job with these values would be accepted, and which backends could run it.</summary>
internal static class ValidateWorkflow
{
    public sealed record Body(Dictionary<string, JsonElement>? Inputs = null, Dictionary<string, JsonElement>? Params = null);

    public sealed record Query(string Id, Body Body, Caller Caller) : IRequest<Response>;

    /// <param name="Valid">The values are accepted; what the backends can do is said by each.</param>
    public sealed record Response(bool Valid, IReadOnlyList<Problem> Problems, IReadOnlyList<BackendAnswer> Backends);

    public sealed record Problem(string Path, string Message);

    /// <param name="CanRun">It answers, and nothing of the graph is missing there.</param>
    public sealed record BackendAnswer(
        string Backend, bool CanRun, bool Reachable, IReadOnlyList<string> MissingNodes, IReadOnlyList<string> MissingModels, IReadOnlyList<Problem> InvalidValues);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/workflows/{id}/validate", Post).WithName(nameof(ValidateWorkflow)).WithTags("Workflows");

        private static async Task<Ok<Response>> Post(string id, Body body, Caller caller, IMediator mediator, CancellationToken ct) =>
            TypedResults.Ok(await mediator.Send(new Query(id, body, caller), ct));
    }

    public sealed class Handler(WorkflowTrial trial) : IRequestHandler<Query, Response>
    {
        public async Task<Response> Handle(Query query, CancellationToken ct)
        {
            var outcome = await trial.Of(query.Id, new JobInputs(query.Body.Inputs ?? [], query.Body.Params ?? []), query.Caller, ct);
            return new Response(
                outcome.Problems.Count == 0,
                [.. outcome.Problems.SelectMany(p => p.Value.Select(message => new Problem(p.Key, message)))],
                [.. outcome.Backends.Select(b => Answer(b.Backend, b.Findings))]);
        }

        private static BackendAnswer Answer(BackendNodes backend, IReadOnlyList<Finding> findings)
        {
            // Before its first answer nothing is known of it, and not everything missing.
            var known = backend.Classes.Count > 0 ? findings : [];
            return new BackendAnswer(
                backend.Backend,
                backend.Reachable && backend.Classes.Count > 0 && known.Count == 0,
                backend.Reachable,
                Subjects(known, FindingKind.MissingNode),
                Subjects(known, FindingKind.MissingModel),
                [.. known.Where(f => f.Kind == FindingKind.InvalidValue).Select(f => new Problem(f.Path.Length == 0 ? "workflow" : $"workflow.{f.Path}", f.Message))]);
        }

        private static string[] Subjects(IReadOnlyList<Finding> findings, FindingKind kind) =>
            [.. findings.Where(f => f.Kind == kind).Select(f => f.Subject).Distinct()];
    }
}
