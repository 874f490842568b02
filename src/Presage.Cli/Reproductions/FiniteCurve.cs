namespace Presage.Cli.Reproductions;

/// <summary>A network over its widths.</summary>
/// <param name="Architecture">The network.</param>
/// <param name="Runs">Each width's measurement, in ascending order.</param>
internal sealed record FiniteCurve(FiniteArchitecture Architecture, IReadOnlyList<(int Width, FiniteRun Run)> Runs)
{
    /// <summary>The largest width.</summary>
    public int Widest => Runs[^1].Width;

    /// <summary>How the kernel's relative error falls.</summary>
    public WidthExponent Error => Exponent(run => run.Errors)!;

    /// <summary>Its mean at the largest width times the width's root.</summary>
    public double Constant => Runs[^1].Run.Errors.Average() * Math.Sqrt(Widest);

    /// <summary>How the departure from the own kernel's prediction falls; null where none is trained.</summary>
    public WidthExponent? Own => Exponent(run => run.Own);

    /// <summary>How the departure from infinite width's prediction falls.</summary>
    public WidthExponent? Wide => Exponent(run => run.Wide);

    /// <summary>Mean departure from infinite width's prediction at the largest width.</summary>
    public double LastDeparture => Runs[^1].Run.Wide.Average();

    private WidthExponent? Exponent(Func<FiniteRun, double[]> of) => Runs.All(each => of(each.Run).Length > 0)
        ? WidthExponent.Of([.. Runs.SelectMany(each => of(each.Run).Select(value => (each.Width, value)))])
        : null;
}
