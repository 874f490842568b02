using System.Numerics;

namespace Presage.Kernels;

/// <summary>A convolution and its activation, as pairs of positions pass them.</summary>
/// <param name="Rows">Where taps fall along the rows.</param>
/// <param name="Columns">Where taps fall along the columns.</param>
/// <param name="GapGain">What the gaps' sums over the filter are multiplied by.</param>
/// <param name="CovarianceToTangent">What K adds to Θ, by their scales.</param>
/// <param name="TangentGain">What the sums of Ṫ∘Θ over the filter are multiplied by.</param>
/// <param name="Bend">The activation's bend.</param>
internal sealed record PlannedConvolution(
    FilterAxis Rows, FilterAxis Columns, double GapGain, double CovarianceToTangent, double TangentGain, double Bend);

/// <summary>
/// What all pairs of a set of examples share: layers with powers of two that keep numbers in range, and of each example tables with margins, one a layer: the
/// inputs' channels, then √K_αα and its inverse for every convolution's outputs.
/// </summary>
/// <typeparam name="T">float or double: what pairs are computed in.</typeparam>
/// <param name="Stack">The network.</param>
/// <param name="Shape">The examples' shape.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Tables">The tables of each example, one after the other.</param>
/// <param name="CovarianceExponent">Exponent of two of K after the last activation.</param>
/// <param name="TangentExponent">Exponent of two of Θ after the last activation.</param>
internal sealed record ConvolutionPlan<T>(
    ConvolutionStack Stack, ImageShape Shape, PlannedConvolution[] Layers, T[][] Tables, int CovarianceExponent, int TangentExponent)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Well within float32.
    private const int Widest = 64;

    // Vectors read beyond the last table.
    private const int Slack = 64;

    /// <summary>Rows of margin above and below an image.</summary>
    public int RowMargin { get; } = Margin(Stack, layer => layer.Height);

    /// <summary>Columns of margin left and right of an image.</summary>
    public int ColumnMargin { get; } = Margin(Stack, layer => layer.Width);

    /// <summary>Whether tables hold the image twice around, to be read from any displacement.</summary>
    public bool IsTwice => Stack.IsPooled && Stack.Padding == FilterPadding.Circular;

    /// <summary>Rows of a table.</summary>
    public int TableRows => (Shape.Height * (IsTwice ? 2 : 1)) + (2 * RowMargin);

    /// <summary>Columns of a table.</summary>
    public int TableColumns => (Shape.Width * (IsTwice ? 2 : 1)) + (2 * ColumnMargin);

    /// <summary>Tables of an example.</summary>
    public int TableCount => Shape.Channels + (2 * Layers.Length);

    /// <summary>Exponent of two of the kernel: 0 unless values would leave 2^±64.</summary>
    public int Exponent => Math.Max(CovarianceExponent, TangentExponent);

    /// <summary>The plan.</summary>
    /// <param name="stack">The network.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="shape">Their shape.</param>
    public static ConvolutionPlan<T> Of(ConvolutionStack stack, double[][] examples, ImageShape shape)
    {
        int depth = stack.Convolutions.Length;
        var plan = new ConvolutionPlan<T>(stack, shape, new PlannedConvolution[depth], new T[examples.Length][], 0, 0);
        double divisor = stack.ScalesInputs ? shape.Channels : 1;
        double[][] variances = Array.ConvertAll(examples, example => Variances(example, shape, divisor));
        Parallel.For(0, examples.Length, i =>
        {
            plan.Tables[i] = new T[(plan.TableCount * plan.TableRows * plan.TableColumns) + Slack];
            for (int channel = 0; channel < shape.Channels; channel++)
            {
                plan.Fill(i, channel, examples[i].AsSpan(channel * shape.Positions, shape.Positions), shape.Height, shape.Width);
            }
        });

        int height = shape.Height;
        int width = shape.Width;
        int exponent = 0;
        int tangentExponent = 0;
        double tangent = 0;
        double slope = 1;
        for (int layer = 0; layer < depth; layer++)
        {
            ConvolutionLayer convolution = stack.Convolutions[layer];
            var rows = new FilterAxis(height, convolution.Height, 1, convolution.Padding);
            var columns = new FilterAxis(width, convolution.Width, 1, convolution.Padding);
            double gain = convolution.WeightVariance * slope / (convolution.Height * convolution.Width);
            double bias = Math.ScaleB(convolution.BiasVariance, -exponent);
            Parallel.For(0, examples.Length, i => variances[i] = Convolved(variances[i], rows, columns, gain, bias));
            int shift = Shift(variances.Max(values => values.Max()));
            exponent += shift;

            // Θ is 0 before the first layer, and its largest value bounded by the largest of K.
            int before = layer == 0 ? exponent : tangentExponent;
            double covariance = Math.ScaleB(1, exponent - before);
            tangent = (covariance * Math.ScaleB(variances.Max(values => values.Max()), -shift)) + (convolution.WeightVariance * slope * tangent);
            int tangentShift = Shift(tangent);
            tangentExponent = before + tangentShift;
            tangent = Math.ScaleB(tangent, -tangentShift);
            (height, width) = (rows.Outputs, columns.Outputs);
            int table = shape.Channels + (2 * layer);
            Parallel.For(0, examples.Length, i =>
            {
                variances[i] = shift == 0 ? variances[i] : Array.ConvertAll(variances[i], value => Math.ScaleB(value, -shift));
                double[] roots = Array.ConvertAll(variances[i], Math.Sqrt);
                plan.Fill(i, table, roots, rows.Outputs, columns.Outputs);
                plan.Fill(i, table + 1, Array.ConvertAll(roots, root => root > 0 ? 1 / root : 0), rows.Outputs, columns.Outputs);
            });

            plan.Layers[layer] = new PlannedConvolution(
                rows,
                columns,
                Math.ScaleB(gain, -shift),
                Math.ScaleB(covariance, -tangentShift),
                Math.ScaleB(gain, -tangentShift),
                stack.Activations[layer].Bend);
            slope = stack.Activations[layer].MeanSquaredSlope;
        }

        return plan with { CovarianceExponent = exponent, TangentExponent = tangentExponent };
    }

    private static int Margin(ConvolutionStack stack, Func<ConvolutionLayer, int> taps) =>
        stack.Padding == FilterPadding.Valid ? 0 : stack.Convolutions.Max(layer => taps(layer) / 2);

    private static double[] Variances(double[] example, ImageShape shape, double divisor)
    {
        var variances = new double[shape.Positions];
        for (int i = 0; i < example.Length; i++)
        {
            variances[i % shape.Positions] += example[i] * example[i] / divisor;
        }

        return variances.All(double.IsFinite)
            ? variances
            : throw new ArgumentException("Expected inputs of finite numbers whose squares do not overflow.", nameof(example));
    }

    // Rows first, then columns.
    private static double[] Convolved(double[] field, FilterAxis rows, FilterAxis columns, double gain, double bias)
    {
        var after = new double[rows.Outputs * columns.Outputs];
        var sums = new double[columns.Size];
        for (int row = 0; row < rows.Outputs; row++)
        {
            Array.Clear(sums);
            for (int tap = 0; tap < rows.Taps; tap++)
            {
                int source = rows.Source(row, tap);
                for (int column = 0; column < columns.Size && source >= 0; column++)
                {
                    sums[column] += field[(source * columns.Size) + column];
                }
            }

            for (int column = 0; column < columns.Outputs; column++)
            {
                double sum = 0;
                for (int tap = 0; tap < columns.Taps; tap++)
                {
                    int source = columns.Source(column, tap);
                    sum += source >= 0 ? sums[source] : 0;
                }

                after[(row * columns.Outputs) + column] = (gain * sum) + bias;
            }
        }

        return after;
    }

    private static int Shift(double value) => value > 0 && Math.Abs(Math.ILogB(value)) > Widest ? Math.ILogB(value) : 0;

    // Margins hold zeros, or the image again.
    private void Fill(int example, int table, ReadOnlySpan<double> values, int height, int width)
    {
        Span<T> target = Tables[example].AsSpan(table * TableRows * TableColumns, TableRows * TableColumns);
        bool isCircular = Stack.Padding == FilterPadding.Circular;
        for (int row = isCircular ? -RowMargin : 0; row < (isCircular ? TableRows - RowMargin : height); row++)
        {
            Span<T> line = target.Slice((row + RowMargin) * TableColumns, TableColumns);
            ReadOnlySpan<double> source = values.Slice((row + height) % height * width, width);
            for (int column = 0; column < width; column++)
            {
                line[ColumnMargin + column] = T.CreateTruncating(source[column]);
            }

            for (int column = 0; column < TableColumns && isCircular; column++)
            {
                line[column] = line[ColumnMargin + ((column - ColumnMargin + width) % width)];
            }
        }
    }
}
