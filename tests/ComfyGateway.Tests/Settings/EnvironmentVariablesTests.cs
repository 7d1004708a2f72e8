using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

public sealed class EnvironmentVariablesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_environment_wins_over_the_file()
    {
        var variables = Load("PORT=1\nHOST=from-file\n", ("PORT", "2"));

        variables.Values["PORT"].ShouldBe("2");
        variables.Values["HOST"].ShouldBe("from-file");
    }

    [Fact]
    public void The_environment_wins_by_its_other_name_too()
    {
        var variables = Load("COMFYUI_URL=http://file\nASPNETCORE_ENVIRONMENT=Production", ("COMFYUI_URLS", "http://env"), ("NODE_ENV", "development"));

        var settings = SettingsReader.Read(variables.Values).Settings!;
        settings.ComfyUiUrls.ShouldHaveSingleItem().Url.Host.ShouldBe("env");
        settings.Environment.ShouldBe(GatewayEnvironment.Development);
    }

    [Fact]
    public void Quotes_comments_and_export_are_understood()
    {
        var values = Load("# a comment\nexport A=1\nB='x $y #z'\nC=two words # comment\n\nD=\n").Values;

        values.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["B"] = "x $y #z", ["C"] = "two words", ["D"] = "" }, ignoreOrder: true);
    }

    [Fact]
    public void The_process_environment_is_read_where_there_is_no_file() =>
        EnvironmentVariables.Load(_folder.Path).Values.Keys.ShouldContain(name => name.Equals("PATH", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void A_malformed_file_is_a_problem_that_shows_none_of_it()
    {
        var variables = Load("PORT=1\nAPI_KEYS='hunter2:admin\n");

        var problem = variables.Problems.ShouldHaveSingleItem();
        problem.ShouldStartWith(".env: found a syntax error (Line ");
        problem.ShouldNotContain("hunter2");
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_problem()
    {
        File.WriteAllText(_folder.File(".env"), "PORT=1");
        using var held = new FileStream(_folder.File(".env"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        EnvironmentVariables.Load(_folder.Path, []).Problems.ShouldHaveSingleItem().ShouldStartWith(".env: found a file that cannot be read");
    }

    [Fact]
    public void A_malformed_file_stops_the_start_together_with_the_other_problems()
    {
        File.WriteAllText(_folder.File(".env"), "PORT = = '\n");

        var reading = SettingsReader.Load(_folder.Path);

        reading.Settings.ShouldBeNull();
        reading.Problems[0].ShouldStartWith(".env: ");
    }

    private EnvironmentVariables Load(string file, params (string Name, string Text)[] environment)
    {
        File.WriteAllText(_folder.File(".env"), file);
        return EnvironmentVariables.Load(_folder.Path, environment.Select(variable => KeyValuePair.Create(variable.Name, variable.Text)));
    }
}
