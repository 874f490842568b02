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
internal sealed record PositionKernels(
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
        return after with { Tangent = [.. after.Covariance.Zip(state.Tangent, (covariance, tangent) => covariance + (weightVariance * tangent))] };

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

    private PositionKernels Convolved(ConvolutionLayer layer)
    {
        var rows = new FilterAxis(Height, layer.Height, layer.Stride, layer.Padding);
        var columns = new FilterAxis(Width, layer.Width, layer.Stride, layer.Padding);
        int taps = layer.Height * layer.Width;
        return Mapped(rows.Outputs, columns.Outputs, field => Fill(rows.Outputs * columns.Outputs, (position, other) =>
        {
            double sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                int source = Source(position, tap);
                int otherSource = Source(other, tap);
                sum += source >= 0 && otherSource >= 0 ? field[Index(source, otherSource)] : 0;
            }

            return sum / taps;
        }));

        int Source(int position, int tap)
        {
            int row = rows.Source(position / columns.Outputs, tap / layer.Width);
            int column = columns.Source(position % columns.Outputs, tap % layer.Width);
            return row >= 0 && column >= 0 ? (row * Width) + column : -1;
        }
    }

    private PositionKernels Pooled(AveragePoolingLayer layer)
    {
        var rows = new FilterAxis(Height, layer.Height, layer.Stride, FilterPadding.Valid);
        var columns = new FilterAxis(Width, layer.Width, layer.Stride, FilterPadding.Valid);
        int taps = layer.Height * layer.Width;
        return Mapped(rows.Outputs, columns.Outputs, field => Fill(rows.Outputs * columns.Outputs, (position, other) =>
        {
            double sum = 0;
            for (int pair = 0; pair < taps * taps; pair++)
            {
                sum += field[Index(Source(position, pair / taps), Source(other, pair % taps))];
            }

            return sum / taps / taps;
        }));

        int Source(int position, int tap) =>
            (rows.Source(position / columns.Outputs, tap / layer.Width) * Width) + columns.Source(position % columns.Outputs, tap % layer.Width);
    }

    private PositionKernels Activated(ActivationFunction activation)
    {
        double[] own = Variance(Own);
        double[] other = Variance(Other);
        DiagonalMoments[] ownMoments = Array.ConvertAll(own, activation.Diagonal);
        DiagonalMoments[] otherMoments = Array.ConvertAll(other, activation.Diagonal);
        double[] tangent = [.. Tangent];
        return this with
        {
            Own = Activate(Own, own, own, ownMoments, ownMoments, null),
            Other = Activate(Other, other, other, otherMoments, otherMoments, null),
            Covariance = Activate(Covariance, own, other, ownMoments, otherMoments, tangent),
            Tangent = tangent,
        };

        double[] Activate(
            double[] field, double[] left, double[] right, DiagonalMoments[] leftMoments, DiagonalMoments[] rightMoments, double[]? slopes) =>
            Fill(Positions, (position, otherPosition) =>
            {
                int index = Index(position, otherPosition);
                if (position == otherPosition && ReferenceEquals(left, right))
                {
                    return leftMoments[position].Value;
                }

                double root = Math.Sqrt(left[position] * right[otherPosition]);
                double epsilon = root > 0 ? Math.Clamp(1 - (field[index] / root), 0, 2) : left[position] == right[otherPosition] ? 0 : 1;
                PairMoments pair = activation.Pair(left[position], right[otherPosition], epsilon);
                if (slopes is not null)
                {
                    slopes[index] *= pair.Derivative;
                }

                return Math.Sqrt(leftMoments[position].Value * rightMoments[otherPosition].Value) * (1 - pair.Epsilon);
            });
    }

    private PositionKernels Dropped(double keep)
    {
        return this with
        {
            Own = Thinned(Own),
            Other = Thinned(Other),
            Covariance = IsSame ? Thinned(Covariance) : Covariance,
            Tangent = IsSame ? Thinned(Tangent) : Tangent,
        };

        double[] Thinned(double[] field) => Fill(
            Positions, (position, other) => field[Index(position, other)] / (position == other ? keep : 1));
    }

    private PositionKernels Normalized()
    {
        double[] own = Variance(Own);
        double[] other = Variance(Other);
        return this with
        {
            Own = Divided(Own, own, own),
            Other = Divided(Other, other, other),
            Covariance = Divided(Covariance, own, other),
            Tangent = Divided(Tangent, own, other),
        };

        double[] Divided(double[] field, double[] left, double[] right) => Fill(Positions, (position, otherPosition) =>
        {
            double root = Math.Sqrt(left[position] * right[otherPosition]);
            return root > 0
                ? field[Index(position, otherPosition)] / root
                : throw new NumericalException("Layer normalization of a signal without variance, as zeros without biases give.");
        });
    }

    private PositionKernels Plus(PositionKernels branch)
    {
        return this with
        {
            Own = Sum(Own, branch.Own),
            Other = Sum(Other, branch.Other),
            Covariance = Sum(Covariance, branch.Covariance),
            Tangent = Sum(Tangent, branch.Tangent),
        };

        static double[] Sum(double[] left, double[] right) => [.. left.Zip(right, (first, second) => first + second)];
    }

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
