using Presage.Kernels;

namespace Presage.Cli.Reproductions;

/// <summary>How fast the correlation of two inputs reaches its fixed point, found by iterating the recursion.</summary>
/// <param name="Measured">Slope of the line fitted to ln |c − c*| by depth; by ln depth where the law is a power.</param>
/// <param name="Expected">What mean-field theory says of it.</param>
/// <param name="IsPower">Whether the law is a power of depth.</param>
/// <param name="First">Depth from which it was fitted.</param>
/// <param name="Last">Depth up to which it was.</param>
/// <param name="LastEpsilon">1 − c there.</param>
internal sealed record DepthRate(double Measured, double Expected, bool IsPower, int First, int Last, double LastEpsilon)
{
    // Depths of fits: in depth scales where the law is exponential, as long as digits last where c* < 1.
    private const double FirstScales = 20;
    private const double LastScales = 40;
    private const double FirstScalesApart = 10;
    private const double LastScalesApart = 18;
    private const int FirstPower = 500;
    private const int LastPower = 5000;

    /// <summary>Measures it from inputs of correlation 0.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="theory">Mean-field theory of the initialization.</param>
    public static DepthRate Of(ActivationFunction activation, MeanFieldPoint theory)
    {
        if (theory.CorrelationDepthScale is not { } scale)
        {
            return Fitted(FirstPower, LastPower, theory.Phase == Phase.Critical ? -1 : -2, isPower: true);
        }

        bool isApart = theory.Phase == Phase.Chaotic;
        return Fitted(
            (int)Math.Ceiling(scale * (isApart ? FirstScalesApart : FirstScales)),
            (int)Math.Ceiling(scale * (isApart ? LastScalesApart : LastScales)),
            Math.Log(theory.SusceptibilityApart!.Value),
            isPower: false);

        DepthRate Fitted(int first, int last, double expected, bool isPower)
        {
            PairKernel state = PairKernel.OfCorrelation(1).Dense(theory.WeightVariance, theory.BiasVariance);
            var depths = new List<double>();
            var gaps = new List<double>();
            for (int layer = 1; layer <= last; layer++)
            {
                state = state.Activate(activation).Dense(theory.WeightVariance, theory.BiasVariance);
                if (layer >= first)
                {
                    depths.Add(isPower ? Math.Log(layer) : layer);
                    gaps.Add(theory.FixedEpsilon > 0 ? Math.Log(Math.Abs(state.Epsilon - theory.FixedEpsilon.Value)) : state.LogEpsilon);
                }
            }

            return new DepthRate(Trend.Of([.. depths], [.. gaps]).Slope, expected, isPower, first, last, state.Epsilon);
        }
    }
}
