namespace ComfyGateway.Dispatch.Queue;

/// <summary>A mean in which each new measure counts a tenth: a change shows after a dozen, a single odd one hardly.</summary>
internal sealed class MovingMean
{
    /// <summary>What one measure counts.</summary>
    internal const double Weight = 0.1;

    private double _mean = double.NaN;

    /// <summary>Null before the first measure.</summary>
    public double? Value => Volatile.Read(ref _mean) is var mean && double.IsNaN(mean) ? null : mean;

    public void Add(double measure)
    {
        var mean = Volatile.Read(ref _mean);
        Volatile.Write(ref _mean, double.IsNaN(mean) ? measure : (mean * (1 - Weight)) + (measure * Weight));
    }

    /// <summary>Takes over what all gateways together measured.</summary>
    public void Become(double mean) => Volatile.Write(ref _mean, mean);
}
