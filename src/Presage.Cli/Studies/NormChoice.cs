using System.Globalization;
using Presage.Norms;

namespace Presage.Cli.Studies;

/// <summary>A norm of weights by its name on the command line.</summary>
internal static class NormChoice
{
    public const string Expected = "frobenius, spectral, or l and an exponent above 0, as l1, l2.5 or linf";

    /// <summary>The norm of the given name.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public static WeightNorm Of(string name) => name switch
    {
        "frobenius" => WeightNorm.Frobenius,
        "spectral" => WeightNorm.Spectral,
        "l1" => WeightNorm.L1,
        "linf" => WeightNorm.Lp(double.PositiveInfinity),
        ['l', .. var exponent] when double.TryParse(exponent, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double p) && p > 0 && double.IsFinite(p) => WeightNorm.Lp(p),
        _ => throw new BadInputException($"--norm '{name}' is unknown: expected {Expected}."),
    };
}
