using System.CommandLine;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Commands;

internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Serve the API and run jobs (the default). Settings come from the environment and from .env.");
        command.SetAction(Run);
        return command;
    }

    public static Task<int> Run(ParseResult arguments, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        var settings = GivenSettings.Read();
        await using var gateway = await Gateway.Start(settings, ct);
        await gateway.Serve(ct);
        return 0;
    });
}
