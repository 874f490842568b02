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
}
