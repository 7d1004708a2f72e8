namespace ComfyUi.Client;

/// <summary>Why validation rejected a node.</summary>
public sealed record NodeErrors(string NodeId, string ClassType, IReadOnlyList<NodeInputError> Errors);

/// <summary>One finding about a node.</summary>
/// <param name="Type">Such as value_not_in_list, required_input_missing, value_bigger_than_max.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">May hold paths of the server.</param>
/// <param name="InputName">The input it is about, if it is about one.</param>
public sealed record NodeInputError(string Type, string Message, string Details, string? InputName);
