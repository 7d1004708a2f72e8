namespace ComfyUi.Client;

/// <summary>What the server said to a prompt.</summary>
public abstract record PromptSubmission
{
    private PromptSubmission()
    {
    }

    /// <summary>The prompt is queued.</summary>
    /// <param name="PromptId">The id that was asked for.</param>
    /// <param name="Number">Place in the queue; fractions and negative numbers are possible.</param>
    /// <param name="NodeErrors">Outputs that will not run although the prompt is accepted; history will not mention them.</param>
    public sealed record Accepted(string PromptId, double Number, IReadOnlyList<NodeErrors> NodeErrors) : PromptSubmission
    {
        /// <summary>Only a part of the outputs will run.</summary>
        public bool IsPartial => NodeErrors.Count > 0;
    }

    /// <summary>The prompt is not queued: the server found it invalid.</summary>
    /// <param name="Type">Such as prompt_outputs_failed_validation, invalid_prompt, prompt_no_outputs, no_prompt.</param>
    /// <param name="Message">For people.</param>
    /// <param name="Details">May be empty, and may hold paths of the server.</param>
    /// <param name="NodeErrors">Empty for some refusals, a cycle in the graph among them.</param>
    public sealed record Refused(string Type, string Message, string Details, IReadOnlyList<NodeErrors> NodeErrors) : PromptSubmission;
}
