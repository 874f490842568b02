namespace Presage.Kernels;

/// <summary>A layer of a <see cref="DepthPlan"/>: what its pairs need of their examples.</summary>
/// <param name="Moments">The activation before it; null for the first layer.</param>
/// <param name="Bias">σ_b², scaled as the variances are.</param>
/// <param name="Weighted">√(σ_w²·E[φ(u)²]) of each example, scaled.</param>
/// <param name="Root">√K of each example, scaled.</param>
/// <param name="CovarianceToTangent">What K adds to Θ, by their scales.</param>
/// <param name="TangentWeight">σ_w², by the scales of Θ before and after.</param>
internal sealed record PlannedLayer(
    MomentRows? Moments, double Bias, double[] Weighted, double[] Root, double CovarianceToTangent, double TangentWeight);

/// <summary>
/// What every pair of two sets of examples shares: for each layer the examples' own variances, which activation they meet there, and powers of two that keep
/// all numbers in range. A pair then passes through all layers without leaving the first cache.
/// </summary>
/// <param name="Layers">The dense layers.</param>
/// <param name="InverseNorms">1/‖x‖ of each example; 0 for ‖x‖ = 0.</param>
/// <param name="Diagonal">The kernel of each example with itself, scaled.</param>
/// <param name="Exponent">Exponent of two of the kernel.</param>
internal sealed record DepthPlan(PlannedLayer[] Layers, double[] InverseNorms, double[] Diagonal, int Exponent)
{
    // Well within float32.
    private const int Widest = 64;

    /// <summary>The plan.</summary>
    /// <param name="network">The network.</param>
    /// <param name="squares">‖x‖² of the rows, then, unless they are the same, of the columns.</param>
    /// <param name="dimensions">d.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="kind">Which kernel.</param>
    public static DepthPlan Of(FullyConnected network, double[] squares, int dimensions, int rows, KernelKind kind)
    {
        Variances.Check(network.WeightVariance, network.BiasVariance);
        Variances.CheckDepth(network.Depth);
        var layers = new PlannedLayer[network.Depth + 1];
        double divisor = network.ScalesInputs ? dimensions : 1;
        double[] inverses = Array.ConvertAll(squares, square => square > 0 ? 1 / Math.Sqrt(square) : 0);
        double[] variances = Array.ConvertAll(squares, square => square / divisor);
        var tangents = new double[squares.Length];
        MomentRows? moments = null;
        int exponent = 0;
        int tangentExponent = 0;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            double bias = Math.ScaleB(network.BiasVariance, -exponent);
            int shift = Shift((network.WeightVariance * variances.Max()) + bias);
            double weight = Math.ScaleB(network.WeightVariance, -shift);
            bias = Math.ScaleB(bias, -shift);
            exponent += shift;
            double[] weighted = Array.ConvertAll(variances, variance => Math.Sqrt(weight * variance));
            double[] after = Array.ConvertAll(variances, variance => (weight * variance) + bias);

            // Θ is 0 before the first layer, and never below K after it.
            int before = layer == 0 ? exponent : tangentExponent;
            double covariance = Math.ScaleB(1, exponent - before);
            double[] sums = [.. after.Zip(tangents, (variance, tangent) => (covariance * variance) + (network.WeightVariance * tangent))];
            int tangentShift = Shift(sums.Max());
            tangentExponent = before + tangentShift;
            tangents = Array.ConvertAll(sums, sum => Math.ScaleB(sum, -tangentShift));
            layers[layer] = new PlannedLayer(
                moments,
                bias,
                weighted,
                Array.ConvertAll(after, Math.Sqrt),
                Math.ScaleB(covariance, -tangentShift),
                Math.ScaleB(network.WeightVariance, -tangentShift));
            variances = after;
            if (layer < network.Depth)
            {
                (ActivationFunction known, bool isScaled) = PairKernel.Within(network.Activation, Least(variances), variances.Max(), exponent);
                if (!isScaled)
                {
                    int raise = exponent;
                    variances = Array.ConvertAll(variances, variance => Math.ScaleB(variance, raise));
                    exponent = 0;
                }

                moments = variances.Length == rows ? known.Rows(variances, variances) : known.Rows(variances[..rows], variances[rows..]);
                DiagonalMoments[] own = known.Diagonals(variances);
                variances = Array.ConvertAll(own, m => m.Value);
                tangents = [.. tangents.Zip(own, (tangent, m) => tangent * m.Derivative)];
            }
        }

        return kind == KernelKind.Tangent
            ? new DepthPlan(layers, inverses, tangents, tangentExponent)
            : new DepthPlan(layers, inverses, variances, exponent);
    }

    private static double Least(double[] variances) => variances.Where(v => v > 0).DefaultIfEmpty(0).Min();

    private static int Shift(double value) => value > 0 && Math.Abs(Math.ILogB(value)) > Widest ? Math.ILogB(value) : 0;
}
