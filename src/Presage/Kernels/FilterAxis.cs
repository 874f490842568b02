namespace Presage.Kernels;

/// <summary>Where a filter's taps fall along one axis.</summary>
/// <param name="Size">Positions before, at least 1.</param>
/// <param name="Taps">Taps, at least 1.</param>
/// <param name="Stride">Positions from one output to the next.</param>
/// <param name="Padding">What lies beyond the edges.</param>
internal readonly record struct FilterAxis(int Size, int Taps, int Stride, FilterPadding Padding)
{
    /// <summary>Positions after; below 1 where the filter does not fit.</summary>
    public int Outputs => Padding == FilterPadding.Valid ? (Size < Taps ? 0 : ((Size - Taps) / Stride) + 1) : (Size + Stride - 1) / Stride;

    /// <summary>Taps before the first position.</summary>
    public int Before => Padding == FilterPadding.Valid ? 0 : Math.Max(0, ((Outputs - 1) * Stride) + Taps - Size) / 2;

    /// <summary>The position that a tap of an output falls on; −1 beyond the edges.</summary>
    public int Source(int output, int tap)
    {
        int position = (output * Stride) + tap - Before;
        return Padding == FilterPadding.Circular ? ((position % Size) + Size) % Size : position >= 0 && position < Size ? position : -1;
    }
}
