using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A number that theory gives, measured.</summary>
/// <param name="Id">The claim's name.</param>
/// <param name="Statement">What is claimed.</param>
/// <param name="Measured">The measured number.</param>
/// <param name="Theory">Theory's, not 0.</param>
/// <param name="Tolerance">Largest relative difference for it to hold.</param>
/// <param name="Basis">What stands behind it.</param>
internal sealed record Law(string Id, string Statement, double Measured, double Theory, double Tolerance, string Basis)
{
    /// <summary>Relative difference from theory.</summary>
    public double Difference => Math.Abs((Measured / Theory) - 1);

    /// <summary>The claim that it holds.</summary>
    public Claim Claim => new(Id, Statement, Measured, Invariant($"{Theory:G6}, within {100 * Tolerance:0.###} %"), Difference <= Tolerance, Basis);

    /// <summary>Of several the one farthest from theory.</summary>
    /// <param name="laws">The laws, at least one.</param>
    public static Law Farthest(IEnumerable<Law> laws) => laws.MaxBy(law => double.IsNaN(law.Difference) ? double.PositiveInfinity : law.Difference)!;
}
