namespace Presage.Kernels;

/// <summary>A convolution and its activation, as pairs of positions pass them.</summary>
/// <param name="Rows">Where taps fall along the rows.</param>
/// <param name="Columns">Where taps fall along the columns.</param>
/// <param name="Gain">What sums of K and of the gaps over the filter are multiplied by.</param>
/// <param name="Bias">σ_b², by the scale of K after.</param>
/// <param name="CovarianceToTangent">What K adds to Θ, by their scales.</param>
/// <param name="TangentGain">What the sums of Ṫ∘Θ over the filter are multiplied by.</param>
/// <param name="Bend">The activation's bend.</param>
internal sealed record PlannedConvolution(
    FilterAxis Rows, FilterAxis Columns, double Gain, double Bias, double CovarianceToTangent, double TangentGain, double Bend)
{
    /// <summary>The variances of all positions after the convolution. Activations' mean squared slopes are the next gain's.</summary>
    /// <param name="variances">The variances before, of all positions.</param>
    public double[] Variances(double[] variances)
    {
        // Rows first, then columns.
        var after = new double[Rows.Outputs * Columns.Outputs];
        var sums = new double[Columns.Size];
        for (int row = 0; row < Rows.Outputs; row++)
        {
            Array.Clear(sums);
            for (int tap = 0; tap < Rows.Taps; tap++)
            {
                int source = Rows.Source(row, tap);
                for (int column = 0; column < Columns.Size && source >= 0; column++)
                {
                    sums[column] += variances[(source * Columns.Size) + column];
                }
            }

            for (int column = 0; column < Columns.Outputs; column++)
            {
                double sum = 0;
                for (int tap = 0; tap < Columns.Taps; tap++)
                {
                    int source = Columns.Source(column, tap);
                    sum += source >= 0 ? sums[source] : 0;
                }

                after[(row * Columns.Outputs) + column] = (Gain * sum) + Bias;
            }
        }

        return after;
    }
}

/// <summary>What all pairs of a set of examples share: layers with powers of two that keep numbers in range.</summary>
/// <param name="Stack">The network.</param>
/// <param name="Shape">The examples' shape.</param>
/// <param name="Layers">The layers.</param>
/// <param name="CovarianceExponent">Exponent of two of K after the last activation.</param>
/// <param name="TangentExponent">Exponent of two of Θ after the last activation.</param>
internal sealed record ConvolutionPlan(
    ConvolutionStack Stack, ImageShape Shape, PlannedConvolution[] Layers, int CovarianceExponent, int TangentExponent)
{
    // Well within float32.
    private const int Widest = 64;

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
    public static ConvolutionPlan Of(ConvolutionStack stack, double[][] examples, ImageShape shape)
    {
        var layers = new PlannedConvolution[stack.Convolutions.Length];
        double[][] variances = Array.ConvertAll(examples, example => Variances(example, stack, shape));
        int exponent = 0;
        int tangentExponent = 0;
        double tangent = 0;
        double slope = 1;
        for (int i = 0; i < layers.Length; i++)
        {
            ConvolutionLayer convolution = stack.Convolutions[i];
            double gain = convolution.WeightVariance * slope / (convolution.Height * convolution.Width);
            var layer = new PlannedConvolution(
                new FilterAxis(i == 0 ? shape.Height : layers[i - 1].Rows.Outputs, convolution.Height, 1, convolution.Padding),
                new FilterAxis(i == 0 ? shape.Width : layers[i - 1].Columns.Outputs, convolution.Width, 1, convolution.Padding),
                gain,
                Math.ScaleB(convolution.BiasVariance, -exponent),
                0,
                0,
                stack.Activations[i].Bend);
            Parallel.For(0, examples.Length, example => variances[example] = layer.Variances(variances[example]));
            double largest = variances.Max(values => values.Max());
            int shift = Shift(largest);
            exponent += shift;
            variances = shift == 0 ? variances : Array.ConvertAll(variances, values => Array.ConvertAll(values, value => Math.ScaleB(value, -shift)));

            // Θ is 0 before the first layer, and its largest value bounded by the largest of K.
            int before = i == 0 ? exponent : tangentExponent;
            double covariance = Math.ScaleB(1, exponent - before);
            tangent = (covariance * Math.ScaleB(largest, -shift)) + (convolution.WeightVariance * slope * tangent);
            int tangentShift = Shift(tangent);
            tangentExponent = before + tangentShift;
            tangent = Math.ScaleB(tangent, -tangentShift);
            layers[i] = layer with
            {
                Gain = Math.ScaleB(gain, -shift),
                Bias = Math.ScaleB(layer.Bias, -shift),
                CovarianceToTangent = Math.ScaleB(covariance, -tangentShift),
                TangentGain = Math.ScaleB(gain, -tangentShift),
            };
            slope = stack.Activations[i].MeanSquaredSlope;
        }

        return new ConvolutionPlan(stack, shape, layers, exponent, tangentExponent);
    }

    /// <summary>Σ x²/C of every position.</summary>
    /// <exception cref="ArgumentException">One is not finite.</exception>
    internal static double[] Variances(double[] example, ConvolutionStack stack, ImageShape shape)
    {
        double divisor = stack.ScalesInputs ? shape.Channels : 1;
        var variances = new double[shape.Positions];
        for (int i = 0; i < example.Length; i++)
        {
            variances[i % shape.Positions] += example[i] * example[i] / divisor;
        }

        return variances.All(double.IsFinite)
            ? variances
            : throw new ArgumentException("Expected inputs of finite numbers whose squares do not overflow.", nameof(example));
    }

    private static int Margin(ConvolutionStack stack, Func<ConvolutionLayer, int> taps) =>
        stack.Padding == FilterPadding.Valid ? 0 : stack.Convolutions.Max(layer => taps(layer) / 2);

    private static int Shift(double value) => value > 0 && Math.Abs(Math.ILogB(value)) > Widest ? Math.ILogB(value) : 0;
}
