namespace Presage.Kernels;

/// <summary>
/// A sum by the trapezoidal rule with some step, and by the rule of twice the step on every other node. As the error falls like e^(−2πa/h), halving the step
/// squares it: the square of what the two differ by, relative to the sum of magnitudes, estimates the finer one's.
/// Source: Trefethen and Weideman, The Exponentially Convergent Trapezoidal Rule, 2014.
/// </summary>
internal struct TrapezoidalSum
{
    private double _coarse;
    private double _magnitude;

    /// <summary>The sum by the finer rule, without the step.</summary>
    public double Value { get; private set; }

    /// <summary>Estimate of its error, absolute.</summary>
    public readonly double Error
    {
        get
        {
            double difference = _magnitude > 0 ? (Value - _coarse) / _magnitude : 0;
            return difference * difference * _magnitude;
        }
    }

    /// <summary>Adds a node's term.</summary>
    /// <param name="term">The term.</param>
    /// <param name="coarseWeight">What the node counts in the coarser rule: 2 a dimension, or 0.</param>
    public void Add(double term, int coarseWeight)
    {
        Value += term;
        _coarse += coarseWeight * term;
        _magnitude += Math.Abs(term);
    }
}
