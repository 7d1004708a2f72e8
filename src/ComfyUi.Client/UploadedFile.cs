namespace ComfyUi.Client;

/// <summary>Where an upload was stored. The name may differ from the one asked for: other bytes under the same name become "up (1).png".</summary>
/// <param name="Name">Name without folder.</param>
/// <param name="Subfolder">Empty for none.</param>
/// <param name="Type">input, temp or output.</param>
public sealed record UploadedFile(string Name, string Subfolder, string Type)
{
    /// <summary>How a node's input names the file: "sub/dir/name.png", or "name.png [temp]" outside the input folder.</summary>
    public string InputValue =>
        (Subfolder.Length == 0 ? Name : $"{Subfolder}/{Name}") + (Type == "input" ? "" : $" [{Type}]");
}
