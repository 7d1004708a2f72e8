using System.Text;

namespace ComfyGateway.Platform.Settings;

/// <summary>The text of <c>.env.example</c>, made from the settings so that it cannot drift from them.</summary>
public static class EnvExample
{
    private const string Header =
        """
        # Every setting of ComfyGateway with its default. Copy this file to .env and change what you need;
        # variables of the environment win over the file, and an empty value means the default.
        # Put a value that holds spaces, quotes, $ or # in 'single quotes'.

        """;

    public static string Render()
    {
        var text = new StringBuilder(Header.ReplaceLineEndings("\n"));

        foreach (var attribute in Setting.All.Select(setting => setting.Attribute))
        {
            if (attribute.Section.Length > 0)
            {
                text.Append("\n# ---- ").Append(attribute.Section).Append(" ----\n");
            }

            text.Append("\n# ").Append(attribute.Description).Append(Aliases(attribute)).Append('\n');
            text.Append(attribute.Name).Append('=').Append(attribute.DefaultValue).Append('\n');
        }

        return text.ToString();
    }

    private static string Aliases(SettingAttribute attribute) =>
        attribute.Aliases.Length == 0 ? "" : $" (also {string.Join(", ", attribute.Aliases)})";
}
