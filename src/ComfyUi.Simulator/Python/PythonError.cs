namespace ComfyUi.Simulator.Python;

/// <summary>An exception as Python would name it: its type goes over the wire in <c>exception_type</c>.</summary>
internal sealed class PythonError(string type, string message) : Exception(message)
{
    public string Type { get; } = type;

    public static PythonError TypeError(string message) => new("TypeError", message);

    public static PythonError ValueError(string message) => new("ValueError", message);

    public static PythonError KeyError(string key) => new("KeyError", PyText.Repr(key));
}
