using System.CommandLine;
using ComfyGateway.Commands;

var root = new RootCommand("ComfyGateway turns one ComfyUI or many into a safe, durable REST service.")
{
    RunCommand.Create(),
    RunCommand.CreateWorker(),
    DemoCommand.Create(),
    InitCommand.Create(),
    AddWorkflowCommand.Create(),
    ListWorkflowsCommand.Create(),
    ValidateWorkflowCommand.Create(),
    HealthCommand.Create(),
    SimulateCommand.Create(),
};
root.SetAction((_, ct) => RunCommand.Run(ct));

return await root.Parse(args).InvokeAsync(CommandErrors.Configuration);
