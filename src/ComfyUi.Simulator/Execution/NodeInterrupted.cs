namespace ComfyUi.Simulator.Execution;

internal sealed class NodeInterrupted : Exception;
