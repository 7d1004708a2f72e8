using System.Text.Json;
using Carter;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ComfyGateway.Workflows.Features;

internal static class UpdateWorkflow
{
    /// <summary>A member that is not sent is undefined and stays as it is; null clears what may be absent.</summary>
    public sealed record Body(
        JsonElement Name = default, JsonElement Description = default, JsonElement WorkflowJson = default,
        JsonElement InputSchema = default, JsonElement DefaultParams = default);

    public sealed record Command(Body Body, ChangeRequest Change) : IRequest<Response>;

    public sealed record Response(WorkflowAnswer Workflow, IReadOnlyList<string> Warnings);

    public sealed class Endpoint : ICarterModule
    {
        public void AddRoutes(IEndpointRouteBuilder app) =>
            app.MapPut("/workflows/{id}", Put).WithName(nameof(UpdateWorkflow)).WithTags("Workflows").RequireAuthorization(Policies.Admin);

        private static async Task<Ok<Response>> Put(string id, Body body, Caller caller, HttpContext http, IMediator mediator, CancellationToken ct)
        {
            var change = new ChangeRequest(id, new IfMatch(http.Request.Headers.IfMatch), caller.Owner, caller.CorrelationId);
            var response = await mediator.Send(new Command(body, change), ct);
            http.Response.Headers.ETag = $"\"{response.Workflow.Version}\"";
            return TypedResults.Ok(response);
        }
    }

    public sealed class Validator : AbstractValidator<Command>
    {
        public Validator()
        {
            RuleFor(c => c.Body.Name).Must(n => !IsSent(n) || Problem(n, WorkflowTexts.NameProblem) is null).OverridePropertyName("name")
                .WithMessage((_, n) => Problem(n, WorkflowTexts.NameProblem));
            RuleFor(c => c.Body.Description).Must(d => !IsGiven(d) || Problem(d, WorkflowTexts.DescriptionProblem) is null).OverridePropertyName("description")
                .WithMessage((_, d) => Problem(d, WorkflowTexts.DescriptionProblem));
            RuleFor(c => c.Body.DefaultParams).Must(p => !IsGiven(p) || (p.ValueKind == JsonValueKind.Object && CanBeKept(p))).OverridePropertyName("defaultParams")
                .WithMessage("must be an object, input name to value, without U+0000 and half surrogate pairs");
        }

        private static string? Problem(JsonElement value, Func<string, string?> problemOf) => value.ValueKind != JsonValueKind.String
            ? "must be a string"
            : StorableJson.Problems(value, "").Select(p => p.Message).FirstOrDefault() ?? problemOf(value.GetString()!);

        private static bool CanBeKept(JsonElement value) => !StorableJson.Problems(value, "").Any();
    }

    public sealed class Handler(WorkflowChange workflows, WorkflowCheck check, INodeCatalogs catalogs, TimeProvider clock) : IRequestHandler<Command, Response>
    {
        public async Task<Response> Handle(Command command, CancellationToken ct)
        {
            var (before, updated) = await workflows.Append(command.Change, current => Decide(current, command.Body), ct);
            var workflow = before.Apply(updated) with { Version = before.Version + 1 };
            return new Response(WorkflowAnswer.From(workflow, new NodeKnowledge(catalogs.All)), check.Warnings(workflow));
        }

        private WorkflowUpdated Decide(Workflow current, Body body)
        {
            var graph = IsSent(body.WorkflowJson) ? body.WorkflowJson : current.WorkflowJson.Parse();
            var schema = IsSent(body.InputSchema) ? Given(body.InputSchema) : current.InputSchema?.Parse();
            var defaults = IsSent(body.DefaultParams) ? Members(body.DefaultParams) : current.DefaultParams;
            check.Require(graph, schema, defaults);

            return new WorkflowUpdated(
                IsSent(body.Name) ? body.Name.GetString()! : current.Name,
                IsSent(body.Description) ? Given(body.Description)?.GetString() : current.Description,
                JsonText.From(graph),
                schema is { } written ? JsonText.From(written) : null,
                defaults,
                clock.GetUtcNow());
        }

        private static JsonElement? Given(JsonElement sent) => IsGiven(sent) ? sent : null;

        private static Dictionary<string, JsonElement> Members(JsonElement sent) =>
            IsGiven(sent) ? sent.EnumerateObject().ToDictionary(m => m.Name, m => m.Value) : [];
    }

    private static bool IsSent(JsonElement member) => member.ValueKind != JsonValueKind.Undefined;

    private static bool IsGiven(JsonElement member) => member.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
}
