namespace Presage.Kernels;

/// <summary>r = φ − b − G of an activation and its companion.</summary>
/// <param name="activation">φ.</param>
/// <param name="derivative">φ'.</param>
/// <param name="second">φ''.</param>
/// <param name="companion">G.</param>
/// <param name="offset">b.</param>
internal sealed class SplitRemainder(
    Func<double, double> activation, Func<double, double> derivative, Func<double, double> second, Companion companion, double offset)
{
    /// <summary>r(x) and r'(x).</summary>
    public (double Value, double Slope) At(double x)
    {
        (double value, double slope) = companion.At(x);
        return (activation(x) - offset - value, derivative(x) - slope);
    }

    /// <summary>φ'(x), φ''(x) and r'(x).</summary>
    public (double Slope, double Bend, double RemainderSlope) Slopes(double x)
    {
        double slope = derivative(x);
        return (slope, second(x), slope - companion.At(x).Slope);
    }
}
