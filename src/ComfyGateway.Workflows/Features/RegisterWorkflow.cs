using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using FluentValidation;
using Marten;
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

        private static async Task<Created<Response>> Post(Body body, Caller caller, IMediator mediator, CancellationToken ct)
        {
            var response = await mediator.Send(new Command(body, caller.Owner, caller.CorrelationId), ct);
            return TypedResults.Created($"/workflows/{response.Workflow.Id}", response);
        }
    }

    public sealed class Validator : AbstractValidator<Command>
    {
        public Validator()
        {
            RuleFor(c => c.Body.Id).Matches(@"\A[a-z0-9][a-z0-9_-]{0,63}\z").OverridePropertyName("id")
                .WithMessage("must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
            RuleFor(c => c.Body.Name).Must(n => WorkflowTexts.NameProblem(n) is null).OverridePropertyName("name")
                .WithMessage((_, n) => WorkflowTexts.NameProblem(n));
            RuleFor(c => c.Body.Description).Must(d => d is null || WorkflowTexts.DescriptionProblem(d) is null).OverridePropertyName("description")
                .WithMessage((_, d) => WorkflowTexts.DescriptionProblem(d!));
        }
    }

    public sealed class Handler(IDocumentSession session, WorkflowCheck check, INodeCatalogs catalogs, TimeProvider clock) : IRequestHandler<Command, Response>
    {
        public async Task<Response> Handle(Command command, CancellationToken ct)
        {
            var body = command.Body;
            check.Require(body.WorkflowJson, body.InputSchema, body.DefaultParams ?? []);

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
            return new Response(WorkflowAnswer.From(workflow, new NodeKnowledge(catalogs.All)), check.Warnings(workflow));
        }

        private async Task Save(string workflowId, CancellationToken ct)
        {
            try
            {
                await session.SaveChangesAsync(ct);
            }
            catch (Exception exception) when (DatabaseFailure.IsConflict(exception))
            {
                throw WorkflowProblems.Exists(workflowId);
            }
        }
    }
}
