using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Validation;

/// <summary>The error objects of a refused prompt, in the words of ComfyUI.</summary>
internal static class ValidationProblems
{
    public static PyDict Of(string type, string message, string details, PyDict? extra = null) =>
        new() { ["type"] = type, ["message"] = message, ["details"] = details, ["extra_info"] = extra ?? [] };

    public static PyDict NoPrompt => Of("no_prompt", "No prompt provided", "No prompt provided");

    public static PyDict NoOutputs => Of("prompt_no_outputs", "Prompt has no outputs", "");

    public static PyDict NoClassType(string nodeId) => Of(
        "invalid_prompt", "Cannot execute because a node is missing the class_type property.", $"Node ID '#{nodeId}'");

    public static PyDict UnknownClass(string nodeId, string classType) => Of(
        "invalid_prompt", $"Cannot execute because node {classType} does not exist.", $"Node ID '#{nodeId}'");

    public static PyDict OutputsFailed(string details) => Of(
        "prompt_outputs_failed_validation", "Prompt outputs failed validation", details);

    public static PyDict Raised(PythonError error, bool isInner) => Of(
        isInner ? "exception_during_inner_validation" : "exception_during_validation",
        isInner ? "Exception when validating inner node" : "Exception when validating node",
        error.Message,
        new PyDict { ["exception_type"] = error.Type, ["traceback"] = new PyList { "  File \"execution.py\", in validate_inputs\n" } });

    public static PyDict InputMissing(string input) => Of(
        "required_input_missing", "Required input is missing", input, new PyDict { ["input_name"] = input });

    public static PyDict BadLink(InputSpec input, object? value) => Of(
        "bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]", input.Name, About(input, value));

    public static PyDict TypeMismatch(InputSpec input, string received, PyList link) => Of(
        "return_type_mismatch",
        "Return type mismatch between linked nodes",
        $"{input.Name}, received_type({received}) mismatch input_type({PyText.Str(input.Type)})",
        new PyDict
        {
            ["input_name"] = input.Name,
            ["input_config"] = input.TypeAndConfig,
            ["received_type"] = received,
            ["linked_node"] = link,
        });

    public static PyDict NotConvertible(InputSpec input, object? value, PythonError error)
    {
        var extra = About(input, value);
        extra["exception_message"] = error.Message;
        return Of(
            "invalid_input_type",
            $"Failed to convert an input value to a {PyText.Str(input.Type)} value",
            $"{input.Name}, {PyText.Str(value)}, {error.Message}",
            extra);
    }

    public static PyDict OutOfRange(InputSpec input, object? value, bool isTooBig) => Of(
        isTooBig ? "value_bigger_than_max" : "value_smaller_than_min",
        isTooBig
            ? $"Value {PyText.Str(value)} bigger than max of {PyText.Str(input.Config["max"])}"
            : $"Value {PyText.Str(value)} smaller than min of {PyText.Str(input.Config["min"])}",
        input.Name,
        About(input, value));

    public static PyDict NotInList(InputSpec input, object? value, PyList choices)
    {
        var isLong = choices.Count > 20;
        var extra = About(input, value);
        extra["input_config"] = isLong ? null : input.TypeAndConfig;
        var list = isLong ? $"(list of length {choices.Count})" : PyText.Repr(choices);
        return Of("value_not_in_list", "Value not in list", $"{input.Name}: '{PyText.Str(value)}' not in {list}", extra);
    }

    public static PyDict Custom(string input, string reason) => Of(
        "custom_validation_failed", "Custom validation failed for node", $"{input} - {reason}", new PyDict { ["input_name"] = input });

    private static PyDict About(InputSpec input, object? value) =>
        new() { ["input_name"] = input.Name, ["input_config"] = input.TypeAndConfig, ["received_value"] = value };
}
