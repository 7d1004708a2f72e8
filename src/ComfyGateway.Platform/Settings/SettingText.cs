namespace ComfyGateway.Platform.Settings;

/// <summary>The text of one variable on its way to a value; collects what is wrong with it.</summary>
internal sealed class SettingText(SettingAttribute setting, string name, string value, ICollection<string> problems)
{
    public SettingAttribute Setting => setting;

    public string Value => value;

    public IReadOnlyList<string> Items =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Says that the whole value is no good.</summary>
    public object? Reject(string accepted) => Reject(Shown(value), accepted);

    /// <summary>Says that one item of a list is no good; <paramref name="index"/> finds it where it has to be masked.</summary>
    public void RejectItem(int index, string item, string accepted) =>
        Reject(Items.Count > 1 ? $"{ShownItem(item)} (entry {index + 1})" : ShownItem(item), accepted);

    public object? Reject(object found, string accepted)
    {
        problems.Add($"{name}: found {found}, accepted: {accepted}");
        return null;
    }

    private string Shown(string text) => setting.Secret ? "\"***\"" : $"\"{OneLine(MaskedUri.Of(text))}\"";

    // A password with a comma in it splits into several items: where a list has an @, no item is known to be free of secrets.
    private string ShownItem(string item) => value.Contains('@') && Items.Count > 1 ? "\"***\"" : Shown(item);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
