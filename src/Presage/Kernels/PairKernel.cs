namespace Presage.Kernels;

/// <summary>
/// Kernels of two inputs somewhere in an infinitely wide network: K the covariance of the outputs there (NNGP), Θ the inner product of their gradients with
/// respect to all parameters before (NTK, in NTK parameterization). What tells the inputs apart is kept by itself, and all numbers have exponents of their own, so
/// that neither depth nor large weights end in rounding, overflow or NaN. A layer maps such a state to the next.
/// Source: document 004; Jacot, Gabriel and Hongler, Neural Tangent Kernel, 2018.
/// </summary>
/// <remarks>Exponents are of two, and 0 unless numbers leave 2^±256.</remarks>
public readonly partial record struct PairKernel
{
    // Below this an activation's gaps are powers of ε to the last digit.
    private const int LeastExponent = -200;
    private const double Large = 1e40;
    private const double Small = 1e-40;
    private const double Overflowing = 1e150;

    private readonly Wide _epsilon;
    private readonly Wide _gap;
    private readonly Wide _cross;

    private PairKernel(
        double variance, double otherVariance, int exponent, Wide epsilon, double tangent, double otherTangent, int tangentExponent, Wide gap, Wide cross)
    {
        int shift = Shift(Math.Max(variance, otherVariance));
        int tangentShift = Shift(Math.Max(tangent, otherTangent));
        Variance = Math.ScaleB(variance, -shift);
        OtherVariance = Math.ScaleB(otherVariance, -shift);
        Exponent = exponent + shift;
        Tangent = Math.ScaleB(tangent, -tangentShift);
        OtherTangent = Math.ScaleB(otherTangent, -tangentShift);
        TangentExponent = tangentExponent + tangentShift;
        _epsilon = epsilon;
        _gap = gap;
        _cross = cross;
    }

    /// <summary>K_aa/2^<see cref="Exponent"/>, ≥ 0.</summary>
    public double Variance { get; }

    /// <summary>K_bb/2^<see cref="Exponent"/>, ≥ 0.</summary>
    public double OtherVariance { get; }

    /// <summary>The exponent of the variances.</summary>
    public int Exponent { get; }

    /// <summary>Θ_aa/2^<see cref="TangentExponent"/>, ≥ 0.</summary>
    public double Tangent { get; }

    /// <summary>Θ_bb/2^<see cref="TangentExponent"/>, ≥ 0.</summary>
    public double OtherTangent { get; }

    /// <summary>The exponent of the tangents.</summary>
    public int TangentExponent { get; }

    /// <summary>ε = 1 − K_ab/√(K_aa·K_bb), 0 to 2; 0 where it underflows, see <see cref="LogEpsilon"/>.</summary>
    public double Epsilon => _epsilon.Over(0);

    /// <summary>ln ε; negative infinity for inputs that are the same.</summary>
    public double LogEpsilon => _epsilon.Log;

    /// <summary>(Θ_aa + Θ_bb)/2 − Θ_ab over 2^<see cref="TangentExponent"/>, ≥ 0; 0 where it underflows.</summary>
    public double TangentGap => _gap.Over(TangentExponent);

    /// <summary>ln of (Θ_aa + Θ_bb)/2 − Θ_ab; negative infinity for inputs that are the same.</summary>
    public double LogTangentGap => _gap.Log;

    /// <summary>The NNGP kernel of the two inputs, K_ab; infinite where it overflows.</summary>
    public double Covariance => Math.ScaleB(Math.Sqrt(Variance * OtherVariance) * (1 - Epsilon), Exponent);

    /// <summary>The NTK of the two inputs, Θ_ab; infinite where it overflows.</summary>
    public double CrossTangent => _cross.Over(0);

    /// <summary>ln |Θ_ab|: where Θ_aa grows without limit and Θ_ab does not, their gap does not tell it.</summary>
    public double LogCrossTangent => _cross.Log;

    /// <summary>Θ_ab over the mean of Θ_aa and Θ_bb: 1 where the network has forgotten which is which, 0 where they share nothing; null without a tangent.</summary>
    public double? TangentRatio => Tangent + OtherTangent > 0 ? 1 - (2 * TangentGap / (Tangent + OtherTangent)) : null;

    /// <summary>ln Θ_aa; negative infinity without a tangent.</summary>
    public double LogTangent => new Wide(Tangent, TangentExponent).Log;

    /// <summary>ln K_aa; negative infinity for variance 0.</summary>
    public double LogVariance => new Wide(Variance, Exponent).Log;

    /// <summary>Two inputs before the first layer: K = x·x' with or without 1/d, and Θ = 0, as nothing has been trained yet.</summary>
    /// <param name="input">x (d).</param>
    /// <param name="other">x' (d).</param>
    /// <param name="isScaled">Whether K is divided by d.</param>
    /// <exception cref="ArgumentException">The inputs are empty, differ in length, or are not finite.</exception>
    public static PairKernel OfInputs(ReadOnlySpan<double> input, ReadOnlySpan<double> other, bool isScaled = true)
    {
        if (input.Length != other.Length || input.Length == 0)
        {
            throw new ArgumentException($"Expected two inputs of one length of at least 1, got {input.Length} and {other.Length} numbers.", nameof(other));
        }

        double square = InputNorms.Squared(input);
        double otherSquare = InputNorms.Squared(other);
        double divisor = isScaled ? input.Length : 1;
        double epsilon = square > 0 && otherSquare > 0
            ? InputNorms.Epsilon(input, other, 1 / Math.Sqrt(square), 1 / Math.Sqrt(otherSquare))
            : square == otherSquare ? 0 : 1;
        return new PairKernel(square / divisor, otherSquare / divisor, 0, Wide.Normal(epsilon, 0), 0, 0, 0, default, default);
    }

    /// <summary>Two inputs of length √d before the first layer.</summary>
    /// <param name="epsilon">1 − c of their correlation c, 0 to 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">1 − c is out of its range.</exception>
    public static PairKernel OfCorrelation(double epsilon) => epsilon is >= 0 and <= 2
        ? new PairKernel(1, 1, 0, Wide.Normal(epsilon, 0), 0, 0, 0, default, default)
        : throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Expected 1 − c in [0, 2].");

    /// <summary>Two inputs of one variance after a first layer: Θ = K, the start that studies of depth take.</summary>
    /// <param name="variance">q, positive.</param>
    /// <param name="epsilon">1 − c, 0 to 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static PairKernel Equal(double variance, double epsilon) => variance > 0 && double.IsFinite(variance) && epsilon is >= 0 and <= 2
        ? new PairKernel(variance, variance, 0, Wide.Normal(epsilon, 0), variance, variance, 0, Wide.Normal(variance * epsilon, 0), Wide.Normal(variance * (1 - epsilon), 0))
        : throw new ArgumentOutOfRangeException(nameof(variance), $"Expected a positive variance and 1 − c in [0, 2], got {variance:R} and {epsilon:R}.");

    /// <summary>After an activation: K → T(K), Θ → Ṫ(K)·Θ.</summary>
    /// <param name="activation">φ.</param>
    /// <exception cref="NumericalException">A quadrature did not converge, or a variance left the range where φ's moments are known.</exception>
    public PairKernel Activate(ActivationFunction activation)
    {
        (ActivationFunction known, bool isScaled) = Within(activation, Math.Min(Variance, OtherVariance), Math.Max(Variance, OtherVariance), Exponent);
        double variance = isScaled ? Variance : Math.ScaleB(Variance, Exponent);
        double otherVariance = isScaled ? OtherVariance : Math.ScaleB(OtherVariance, Exponent);
        DiagonalMoments own = known.Diagonal(variance);
        DiagonalMoments other = otherVariance == variance ? own : known.Diagonal(otherVariance);

        // Where ε underflows its power is taken out, and put back into what follows from it: slopes that jump move like √ε.
        int taken = _epsilon.Value > 0 && _epsilon.Exponent < LeastExponent ? (_epsilon.Exponent - LeastExponent) / 2 * 2 : 0;
        PairMoments pair = known.Pair(variance, otherVariance, _epsilon.Over(taken));
        int gapTaken = known is HomogeneousActivation ? taken / 2 : taken;
        double unequal = (own.Derivative - other.Derivative) * (Tangent - OtherTangent) / 4;
        Wide gap = Wide.Normal(pair.DerivativeGap * (Tangent + OtherTangent) / 2, TangentExponent + gapTaken) + (pair.Derivative * _gap);
        if (unequal != 0)
        {
            gap = Wide.Normal(Math.Max(0, gap.Over(TangentExponent) + unequal), TangentExponent);
        }

        return new PairKernel(
            own.Value,
            other.Value,
            isScaled ? Exponent : 0,
            Wide.Normal(pair.Epsilon, taken),
            own.Derivative * Tangent,
            other.Derivative * OtherTangent,
            TangentExponent,
            gap,
            pair.Derivative * _cross);
    }

    /// <summary>
    /// ln κ of the NTK of m inputs of which every two are like these: its eigenvalues are Θ_aa + (m−1)·Θ_ab and Θ_aa − Θ_ab.
    /// Positive infinity where the inputs are the same.
    /// </summary>
    /// <param name="examples">m ≥ 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two inputs.</exception>
    /// <exception cref="InvalidOperationException">The two inputs' kernels differ, or m inputs cannot all be so unlike.</exception>
    public double LogConditionNumber(long examples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 2L);
        double mean = (examples * Tangent) - ((examples - 1) * TangentGap);
        return Tangent == OtherTangent && mean > 0
            ? Math.Abs(new Wide(mean, TangentExponent).Log - _gap.Log)
            : throw new InvalidOperationException($"Expected {examples} inputs of one Θ_aa, got {Tangent:R}, {OtherTangent:R} and the gap {TangentGap:R}.");
    }

    /// <summary>What φ is at some variances, and whether they may stay scaled.</summary>
    internal static (ActivationFunction Activation, bool IsScaled) Within(ActivationFunction activation, double leastVariance, double mostVariance, int exponent)
    {
        double least = Math.ScaleB(leastVariance, exponent);
        double most = Math.ScaleB(mostVariance, exponent);
        return activation switch
        {
            HomogeneousActivation => (activation, true),
            _ when most < Small && activation.AtSmallVariance is { } linear => (linear, true),
            _ when least > Large && activation.AtLargeVariance is { } homogeneous => (homogeneous, true),
            _ when most < Overflowing => (activation, false),
            _ => throw new NumericalException($"A variance of {mostVariance:G6}·2^{exponent} is beyond what '{activation.Name}' is known for."),
        };
    }

    private static int Shift(double value) => Wide.Normal(value, 0).Exponent;
}
