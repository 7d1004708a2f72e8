using System.CommandLine;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Commands;

internal static class RunCommand
{
    private static readonly Option<string> Role = Roles();

    public static Command Create()
    {
        var command = new Command("run", "Serve the API and run jobs (the default). Settings come from the environment and from .env.") { Role };
        command.SetAction((arguments, ct) => Run(Enum.Parse<GatewayRole>(arguments.GetValue(Role)!, ignoreCase: true), ct));
        return command;
    }

    /// <summary>The same as <c>run --role worker</c>.</summary>
    public static Command CreateWorker()
    {
        var command = new Command("worker", "Run jobs only, beside any number of other processes over one DATABASE_URL.");
        command.SetAction((_, ct) => Run(GatewayRole.Worker, ct));
        return command;
    }

    public static Task<int> Run(CancellationToken ct) => Run(GatewayRole.All, ct);

    private static Task<int> Run(GatewayRole role, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        var settings = GivenSettings.Read() with { Role = role };
        await using var gateway = await Gateway.Start(settings, ct);
        await gateway.Serve(ct);
        return 0;
    });

    private static Option<string> Roles()
    {
        var option = new Option<string>("--role")
        {
            Description = "all; api: accept and show jobs; worker: run them. Any number of each over one DATABASE_URL.",
            DefaultValueFactory = _ => "all",
        };
        option.AcceptOnlyFromAmong("all", "api", "worker");
        return option;
    }
}
