using System.IO.Pipelines;

namespace ComfyUi.Simulator.Network;

/// <summary>A connection whose bytes stay where they are while the server hangs.</summary>
internal sealed class GatedPipe(IDuplexPipe inner, NetworkGate gate) : IDuplexPipe
{
    public PipeReader Input { get; } = new GatedReader(inner.Input, gate);

    public PipeWriter Output => inner.Output;

    private sealed class GatedReader(PipeReader inner, NetworkGate gate) : PipeReader
    {
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            await gate.WhileHung(cancellationToken);
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return gate.WhileHung(CancellationToken.None).IsCompleted && inner.TryRead(out result);
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
