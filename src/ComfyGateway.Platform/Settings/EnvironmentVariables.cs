using System.Collections;
using System.Text.RegularExpressions;
using DotNetEnv;
using Sprache;

namespace ComfyGateway.Platform.Settings;

/// <summary>The process environment over a <c>.env</c> file.</summary>
/// <param name="Values">Every variable of both; the environment wins, by whichever of its names it sets a setting.</param>
/// <param name="Problems">Why the file could not be read, in a line that shows none of it.</param>
public sealed partial record EnvironmentVariables(IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> Problems)
{
    private static readonly StringComparer NameComparer =
        OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <param name="directory">Where the <c>.env</c> file is, if there is one.</param>
    public static EnvironmentVariables Load(string directory)
    {
        var process = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? ""));

        return Load(directory, process);
    }

    /// <summary>The same over a given environment.</summary>
    public static EnvironmentVariables Load(string directory, IEnumerable<KeyValuePair<string, string>> environment)
    {
        Dictionary<string, string> values = new(NameComparer);
        List<string> problems = [];

        foreach (var (name, text) in ReadFile(Path.Combine(directory, ".env"), problems))
        {
            values[name] = text;
        }

        Overlay(values, environment);
        return new EnvironmentVariables(values, problems);
    }

    private static void Overlay(Dictionary<string, string> values, IEnumerable<KeyValuePair<string, string>> environment)
    {
        foreach (var (name, text) in environment)
        {
            // COMFYUI_URLS in the environment beats COMFYUI_URL in the file: they are one setting.
            foreach (var other in Setting.All.Where(setting => setting.Names.Contains(name, NameComparer)).SelectMany(setting => setting.Names))
            {
                if (text.Length > 0 && !environment.Any(variable => NameComparer.Equals(variable.Key, other)))
                {
                    values.Remove(other);
                }
            }

            values[name] = text;
        }
    }

    private static List<KeyValuePair<string, string>> ReadFile(string path, List<string> problems)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return [.. Env.LoadContents(File.ReadAllText(path), new LoadOptions(setEnvVars: false))];
        }
        catch (ParseException e)
        {
            // The parser's message quotes what it just read, which may be half a secret.
            var place = ErrorPlace().Match(e.Message).Value;
            problems.Add($".env: found a syntax error {place}, accepted: NAME=value lines; quote a value with spaces, quotes, $ or #");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($".env: found a file that cannot be read ({e.GetType().Name}), accepted: a readable file, or none");
        }

        return [];
    }

    [GeneratedRegex(@"\(Line \d+, Column \d+\)")]
    private static partial Regex ErrorPlace();
}
