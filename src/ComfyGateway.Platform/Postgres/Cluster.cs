using System.Globalization;
using System.Security.Cryptography;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Makes the cluster when there is none, and refuses one that these programs cannot run.</summary>
internal sealed class Cluster(PostgresFolders folders, PostgresBinaries binaries, ServerAccount account)
{
    // The C locale sorts the same everywhere: no upgrade of the system's libraries can corrupt an index.
    private const string InitDbOptions = "-U postgres -E UTF8 --locale=C --data-checksums --auth-local=trust --auth-host=scram-sha-256";

    public async Task Prepare(CancellationToken ct)
    {
        if (Directory.Exists(folders.Staging))
        {
            Directory.Delete(folders.Staging, recursive: true);
        }

        var version = VersionOfCluster();

        if (version is null)
        {
            await Make(ct);
        }
        else
        {
            await Check(version, ct);
        }
    }

    private string? VersionOfCluster()
    {
        try
        {
            return !Directory.Exists(folders.Cluster) || !Directory.EnumerateFileSystemEntries(folders.Cluster).Any()
                ? null
                : File.ReadAllText(Path.Combine(folders.Cluster, "PG_VERSION")).Trim();
        }
        catch (FileNotFoundException e)
        {
            throw new EmbeddedPostgresException(
                $"{folders.Cluster} holds files but no PostgreSQL cluster. Move them away, or set DATA_PATH to another folder.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"{folders.Cluster} belongs to another user than {Environment.UserName}. "
                + $"Run the gateway as that user, or change the owner (sudo chown -R {Environment.UserName} {folders.Cluster}).", e);
        }
    }

    private async Task Check(string made, CancellationToken ct)
    {
        var (_, output) = await ServerCommand.Run(account, folders.Data, binaries.Postgres, ["--version"], ct);
        var available = Major(output[(output.IndexOf(") ", StringComparison.Ordinal) + 1)..]);

        if (Major(made) < available)
        {
            throw new EmbeddedPostgresException(Older(made, available));
        }

        if (Major(made) > available)
        {
            throw new EmbeddedPostgresException(
                $"{folders.Cluster} was made by PostgreSQL {made}, newer than the {available} in {binaries.Folder}, and PostgreSQL cannot go back. "
                + $"Set POSTGRES_BIN to the bin folder of PostgreSQL {made}.");
        }
    }

    private string Older(string made, int available) =>
        $"""
        {folders.Cluster} was made by PostgreSQL {made}, but {binaries.Folder} holds version {available}. Either
          stay with {made}: set POSTGRES_BIN to the bin folder of PostgreSQL {made}; or
          move to {available}, with the gateway stopped, as the user who owns the folder:
            mv {folders.Cluster} {folders.Cluster}.{made}
            {binaries.InitDb} -D {folders.Cluster} {InitDbOptions}
            cd {folders.Cluster} && {Path.Combine(binaries.Folder, "pg_upgrade")} -U postgres \
              -b BIN_FOLDER_OF_{made} -B {binaries.Folder} -d {folders.Cluster}.{made} -D {folders.Cluster}
            cp {folders.Cluster}.{made}/gateway.password {folders.Cluster}/
        """;

    private static int Major(string version) =>
        int.Parse(string.Concat(version.Trim().TakeWhile(char.IsAsciiDigit)), CultureInfo.InvariantCulture);

    private async Task Make(CancellationToken ct)
    {
        var made = Path.Combine(folders.Staging, "cluster");
        var password = Path.Combine(folders.Staging, "password");

        PrivateFolder.Create(folders.Staging);
        await File.WriteAllTextAsync(password, RandomNumberGenerator.GetHexString(48, lowercase: true), ct);
        await account.Give(folders.Staging, ct);

        var (exitCode, output) = await ServerCommand.Run(
            account,
            folders.Staging,
            binaries.InitDb,
            ["-D", made, .. InitDbOptions.Split(' '), $"--pwfile={password}"],
            ct);

        if (exitCode != 0)
        {
            throw new EmbeddedPostgresException($"initdb could not make a cluster in {folders.Cluster}: {output}");
        }

        File.Move(password, Path.Combine(made, Path.GetFileName(folders.Password)));

        if (Directory.Exists(folders.Cluster))
        {
            Directory.Delete(folders.Cluster);
        }

        Directory.Move(made, folders.Cluster);
        Directory.Delete(folders.Staging, recursive: true);
    }
}
