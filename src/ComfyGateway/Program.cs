using System.CommandLine;
using ComfyGateway.Commands;

var root = new RootCommand("ComfyGateway turns one ComfyUI or many into a safe, durable REST service.")
{
    RunCommand.Create(),
    DemoCommand.Create(),
    InitCommand.Create(),
    AddWorkflowCommand.Create(),
    ListWorkflowsCommand.Create(),
    ValidateWorkflowCommand.Create(),
    HealthCommand.Create(),
    SimulateCommand.Create(),
};
root.SetAction(RunCommand.Run);

return await root.Parse(args).InvokeAsync(CommandErrors.Configuration);
