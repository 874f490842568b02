namespace Presage.Kernels;

/// <summary>
/// Kernels of two examples at all pairs of positions, or at pairs α = α' where no layer mixes others in, in float64: any layer, one number after the other.
/// The fast paths' oracle, and what networks without one are computed by.
/// </summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="IsAll">Whether all pairs of positions are there.</param>
/// <param name="IsSame">Whether both are one example.</param>
/// <param name="Own">K of the first example with itself: (positions, positions), or (positions).</param>
/// <param name="Other">K of the second example with itself.</param>
/// <param name="Covariance">K of both.</param>
/// <param name="Tangent">Θ of both.</param>
internal sealed partial record PositionKernels(
    int Height, int Width, bool IsAll, bool IsSame, double[] Own, double[] Other, double[] Covariance, double[] Tangent)
{
    private int Positions => Height * Width;

    /// <summary>Two examples before the first layer.</summary>
    public static PositionKernels OfInputs(
        ReadOnlySpan<double> input, ReadOnlySpan<double> other, ImageShape shape, bool isScaled, bool isSame, bool isAll)
    {
        if (input.Length != shape.Count || other.Length != shape.Count)
        {
            throw new ArgumentException($"Expected two inputs of {shape.Count} numbers, got {input.Length} and {other.Length}.", nameof(other));
        }

        double divisor = isScaled ? shape.Channels : 1;
        double[] covariance = Products(input, other, shape, divisor, isAll);
        return new PositionKernels(
            shape.Height,
            shape.Width,
            isAll,
            isSame,
            Products(input, input, shape, divisor, isAll),
            Products(other, other, shape, divisor, isAll),
            covariance,
            new double[covariance.Length]);
    }

    /// <summary>After some layers, which have been checked.</summary>
    public PositionKernels Through(IReadOnlyList<NetworkLayer> layers) => layers.Aggregate(this, (state, layer) => state.After(layer));

    private PositionKernels After(NetworkLayer layer) => layer switch
    {
        DenseLayer dense => Weighted(this, dense.WeightVariance, dense.BiasVariance),
        ConvolutionLayer convolution => Weighted(Convolved(convolution), convolution.WeightVariance, convolution.BiasVariance),
        ActivationLayer activation => Activated(activation.Function),
        DropoutLayer dropout => Dropped(dropout.Keep),
        LayerNormLayer => Normalized(),
        SkipLayer skip => Plus(Through(skip.Branch)),
        AveragePoolingLayer pooling => Pooled(pooling),
        GlobalAveragePoolingLayer => Mapped(1, 1, field => [field.Average()]),
        FlattenLayer => Mapped(1, 1, field => [Enumerable.Range(0, Positions).Average(position => field[Diagonal(position)])]),
        _ => throw new ArgumentException($"Layers of type {layer.GetType().Name} are not known.", nameof(layer)),
    };

    private static double[] Products(ReadOnlySpan<double> input, ReadOnlySpan<double> other, ImageShape shape, double divisor, bool isAll)
    {
        int positions = shape.Positions;
        var products = new double[isAll ? positions * positions : positions];
        for (int i = 0; i < products.Length; i++)
        {
            (int row, int column) = isAll ? Math.DivRem(i, positions) : (i, i);
            for (int channel = 0; channel < shape.Channels; channel++)
            {
                products[i] += input[(channel * positions) + row] * other[(channel * positions) + column] / divisor;
            }
        }

        return products.All(double.IsFinite) ? products : throw new ArgumentException("Expected inputs of finite numbers whose squares do not overflow.", nameof(input));
    }

    private static PositionKernels Weighted(PositionKernels state, double weightVariance, double biasVariance)
    {
        PositionKernels after = state with
        {
            Own = Affine(state.Own),
            Other = Affine(state.Other),
            Covariance = Affine(state.Covariance),
        };
        return new[] { after.Own, after.Other, after.Covariance }.Any(field => !field.All(double.IsFinite))
            ? throw new NumericalException("Kernels leave the range of float64: networks of such weights and depth have none here.")
            : after with { Tangent = [.. after.Covariance.Zip(state.Tangent, (covariance, tangent) => covariance + (weightVariance * tangent))] };

        double[] Affine(double[] field) => Array.ConvertAll(field, value => (weightVariance * value) + biasVariance);
    }

    private PositionKernels Mapped(int height, int width, Func<double[], double[]> map) => this with
    {
        Height = height,
        Width = width,
        Own = map(Own),
        Other = map(Other),
        Covariance = map(Covariance),
        Tangent = map(Tangent),
    };

    private double[] Fill(int positions, Func<int, int, double> value)
    {
        var field = new double[IsAll ? positions * positions : positions];
        for (int i = 0; i < field.Length; i++)
        {
            (int row, int column) = IsAll ? Math.DivRem(i, positions) : (i, i);
            field[i] = value(row, column);
        }

        return field;
    }

    private double[] Variance(double[] field) => [.. Enumerable.Range(0, Positions).Select(position => field[Diagonal(position)])];

    private int Index(int position, int other) => IsAll ? (position * Positions) + other : position;

    private int Diagonal(int position) => Index(position, position);
}
