using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;
using FluentValidation;
using Marten;
using Marten.Exceptions;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

internal static class RegisterWorkflow
{
    public sealed record Body(
        string Id, string Name, JsonElement WorkflowJson, string? Description = null,
        JsonElement? InputSchema = null, Dictionary<string, JsonElement>? DefaultParams = null);

    /// <param name="Actor">The owner who registers it, or <c>system</c> for a bundled one.</param>
    public sealed record Command(Body Body, string Actor, string CorrelationId) : IRequest<Response>;

    public sealed record Response(WorkflowAnswer Workflow, IReadOnlyList<string> Warnings);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPost("/workflows", Post).WithName(nameof(RegisterWorkflow)).WithTags("Workflows").RequireAuthorization(Policies.Admin);

        private static async Task<CreatedAtRoute<Response>> Post(Body body, Caller caller, IMediator mediator, CancellationToken ct)
        {
            var response = await mediator.Send(new Command(body, caller.Owner, caller.CorrelationId), ct);
            return TypedResults.CreatedAtRoute(response, nameof(GetWorkflow), new { response.Workflow.Id });
        }
    }

    public sealed class Validator : AbstractValidator<Command>
    {
        public Validator()
        {
            RuleFor(c => c.Body.Id).Matches(@"\A[a-z0-9][a-z0-9_-]{0,63}\z").OverridePropertyName("id")
                .WithMessage("must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
            RuleFor(c => c.Body.Name).Must(n => n.Length is >= 1 and <= 200 && StorableJson.Fault(n) is null).OverridePropertyName("name")
                .WithMessage("must have 1 to 200 characters");
            RuleFor(c => c.Body.Description).Must(d => d is null || (d.Length <= 4000 && StorableJson.Fault(d) is null)).OverridePropertyName("description")
                .WithMessage("must have at most 4000 characters");
        }
    }

    public sealed class Handler(IDocumentSession session, GatewaySettings settings, TimeProvider clock) : IRequestHandler<Command, Response>
    {
        public async Task<Response> Handle(Command command, CancellationToken ct)
        {
            var body = command.Body;
            Check(body);

            session.LastModifiedBy = command.Actor;
            session.CorrelationId = command.CorrelationId;
            var stream = await session.Events.FetchForWriting<Workflow>(Workflow.StreamOf(body.Id), ct);
            if (stream.Aggregate is { IsDeleted: false })
            {
                throw WorkflowProblems.Exists(body.Id);
            }

            var registered = new WorkflowRegistered(
                body.Id, body.Name, body.Description, JsonText.From(body.WorkflowJson),
                body.InputSchema is { } schema ? JsonText.From(schema) : null, body.DefaultParams ?? [], clock.GetUtcNow());
            stream.AppendOne(registered);
            await Save(body.Id, ct);

            var workflow = Workflow.Create(registered) with { Version = (int)(stream.CurrentVersion ?? 0) };
            return new Response(WorkflowAnswer.From(workflow), []);
        }

        private async Task Save(string workflowId, CancellationToken ct)
        {
            try
            {
                await session.SaveChangesAsync(ct);
            }
            catch (Exception exception) when (exception is ExistingStreamIdCollisionException or JasperFx.ConcurrencyException)
            {
                throw WorkflowProblems.Exists(workflowId);
            }
        }

        private void Check(Body body)
        {
            var problems = GraphCheck.Problems(body.WorkflowJson, "workflowJson", settings.MaxWorkflowNodes);
            if (problems.Count > 0)
            {
                throw ProblemException.Invalid(problems);
            }

            var template = new Template(body.WorkflowJson);
            var schema = PreparedWorkflow.SchemaOf(body.InputSchema, template);
            var defaults = body.DefaultParams ?? [];
            var found = GraphCheck.PlaceholderProblems(template, schema, defaults)
                .Concat(InputResolution.LayerProblems(schema, defaults, "defaultParams"))
                .ToList();
            if (found.Count > 0)
            {
                throw ProblemException.Invalid(found);
            }
        }
    }
}
