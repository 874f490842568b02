namespace Presage.Kernels;

/// <summary>
/// Examples as theory takes them: of length √d, every two of one correlation, and one unseen input nearer to one of them. Images have that correlation between
/// every two positions, of one image or of two, but for the same position of the example and of the unseen input.
/// </summary>
/// <param name="Examples">m ≥ 2 training examples.</param>
/// <param name="Correlation">c₀, of two training examples, in [0, 1).</param>
/// <param name="NeighbourCorrelation">Of the unseen input and the example near it, above c₀ and below 1.</param>
/// <param name="Positions">Positions that are averaged before the readout; 1 for flat examples, and where positions are flattened.</param>
public sealed record ModelInputs(int Examples, double Correlation = 0, double NeighbourCorrelation = 0.9, int Positions = 1)
{
    /// <summary>Two training examples before the first layer.</summary>
    public PairKernel Apart => PairKernel.OfCorrelation(1 - Correlation);

    /// <summary>The unseen input and the example near it.</summary>
    public PairKernel Near => PairKernel.OfCorrelation(1 - NeighbourCorrelation);

    /// <summary>Share of the near example's label that linear regression carries to the unseen input: (c − c₀)/(1 − c₀).</summary>
    public double LinearCarryOver => (NeighbourCorrelation - Correlation) / (1 - Correlation);

    /// <summary>Whether all numbers are in their range.</summary>
    internal bool IsPossible => Examples >= 2 && Positions >= 1 && Correlation is >= 0 and < 1 && NeighbourCorrelation > Correlation && NeighbourCorrelation < 1;
}
