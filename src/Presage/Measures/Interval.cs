namespace Presage.Measures;

/// <summary>A two-sided interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    private const double NormalQuantile975 = 1.959963984540054;

    /// <summary>The 95 % interval of an estimate with a normal error.</summary>
    /// <param name="estimate">The estimate.</param>
    /// <param name="standardError">Its standard error, ≥ 0.</param>
    internal static Interval About(double estimate, double standardError) =>
        new(estimate - NormalQuantile975 * standardError, estimate + NormalQuantile975 * standardError);

    /// <summary>The 95 % interval of a share, found in independent examples: Wilson's, which is inside [0, 1] and has a width where none or all of them count.</summary>
    /// <remarks>Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).</remarks>
    /// <param name="share">The share found, in [0, 1].</param>
    /// <param name="count">Number of examples, above 0; a fraction where fewer would be as uncertain as these.</param>
    public static Interval OfShare(double share, double count)
    {
        double ratio = NormalQuantile975 * NormalQuantile975 / count;
        double half = NormalQuantile975 * Math.Sqrt((share * (1 - share) / count) + (ratio / (4 * count)));
        double middle = share + (ratio / 2);
        return new Interval(Math.Max(0, (middle - half) / (1 + ratio)), Math.Min(1, (middle + half) / (1 + ratio)));
    }
}
