using Presage.Kernels;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>Mean-field theory over the plane of (σ_b², σ_w²).</summary>
/// <param name="Activation">φ.</param>
/// <param name="BiasVariances">σ_b² of the columns, increasing.</param>
/// <param name="WeightVariances">σ_w² of the rows, increasing.</param>
/// <param name="Points">A row for each σ_w², in it a point for each σ_b²; null where a quadrature did not converge.</param>
/// <param name="Critical">The critical line, for each σ_b² the points at which variances stay; by rising σ_b².</param>
internal sealed record PhasePlane(
    ActivationFunction Activation,
    IReadOnlyList<double> BiasVariances,
    IReadOnlyList<double> WeightVariances,
    IReadOnlyList<IReadOnlyList<MeanFieldPoint?>> Points,
    IReadOnlyList<CriticalPoint> Critical)
{
    // Depth scales beyond it, and below its inverse, have one colour.
    private const double MostLayers = 1000;

    /// <summary>Computes it.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="places">Places along each axis.</param>
    /// <param name="mostWeight">Largest σ_w².</param>
    /// <param name="mostBias">Largest σ_b².</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public static PhasePlane Of(ActivationFunction activation, int places, double mostWeight, double mostBias, Action<double> onProgress, CancellationToken cancellation)
    {
        double[] biases = [.. Enumerable.Range(0, places).Select(i => mostBias * i / (places - 1))];
        double[] weights = [.. Enumerable.Range(1, places).Select(i => mostWeight * i / places)];
        var rows = new List<IReadOnlyList<MeanFieldPoint?>>();
        foreach (double weight in weights)
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Add([.. biases.Select(bias => At(activation, weight, bias))]);
            onProgress((double)rows.Count / places);
        }

        return new PhasePlane(activation, biases, weights, rows, [.. biases.SelectMany(bias => CriticalLine.WithBias(activation, bias)).Where(point => point.WeightVariance <= mostWeight && (point.IsAttracting || point.FixedVariance is null))]);
    }

    /// <summary>The diagram: the depth scale as colour, the critical line on it; and χ1.</summary>
    public IReadOnlyList<Panel> Panels()
    {
        string basis = Invariant($"{WeightVariances.Count} by {BiasVariances.Count} initializations, infinite width; no network was made");
        return
        [
            new Panel(
                "Depth scale", "σ_b²", "σ_w²", basis,
                Invariant($"log10 of ξ_1 = 1/|ln χ1| in layers: how deep a signal reaches; from {MostLayers:N0} layers on one colour. {(Points.Any(row => row.Any(point => point?.Phase == Phase.Homogeneous)) ? "For activations like ReLU it is how fast lengths die or grow; correlations tend to 1 on both sides of the line." : "Below the critical line networks forget what tells inputs apart, above it what they share.")}"),
                CriticalCurve(), Heat: Map("log10 ξ_1", point => point.Susceptibility > 0 ? Math.Log10(Math.Clamp(point.DepthScale ?? MostLayers, 1 / MostLayers, MostLayers)) : null)),
            new Panel(
                "Susceptibility", "σ_b²", "σ_w²", basis, "log10 of χ1, by which a small difference grows a layer: below 0 ordered, above 0 chaotic (for activations like ReLU: lengths grow).",
                CriticalCurve(), Heat: Map("log10 χ1", point => point.Susceptibility > 0 ? Math.Log10(point.Susceptibility) : null)),
        ];
    }

    /// <summary>Rows for a table: a head, then a line a point.</summary>
    public IEnumerable<string> Csv()
    {
        yield return "sigma_w2,sigma_b2,phase,q_star,c_star,chi_1,chi_c_star,xi_1,xi_c,xi_star";
        foreach (MeanFieldPoint point in Points.SelectMany(row => row).OfType<MeanFieldPoint>())
        {
            yield return Invariant(
                $"{point.WeightVariance:R},{point.BiasVariance:R},{NameOf(point.Phase)},{point.FixedVariance:R},{point.FixedCorrelation:R},{point.Susceptibility:R},{point.SusceptibilityApart:R},{point.DepthScale:R},{point.CorrelationDepthScale:R},{point.PredictorDepthScale:R}");
        }
    }

    /// <summary>"ordered", "critical", "chaotic" or "homogeneous".</summary>
    public static string NameOf(Phase phase) => phase switch
    {
        Phase.Ordered => "ordered",
        Phase.Critical => "critical",
        Phase.Chaotic => "chaotic",
        _ => "homogeneous",
    };

    private static MeanFieldPoint? At(ActivationFunction activation, double weight, double bias)
    {
        try
        {
            return MeanField.Of(activation, weight, bias);
        }
        catch (NumericalException)
        {
            return null;
        }
    }

    private HeatMap Map(string name, Func<MeanFieldPoint, double?> value) => new(
        name, BiasVariances, WeightVariances, [.. Points.Select(row => (IReadOnlyList<double?>)[.. row.Select(point => point is null ? null : value(point))])]);

    private IReadOnlyList<Curve> CriticalCurve() =>
        Critical.Count == 0 ? [] : [new Curve("critical line, χ1 = 1", CurveKind.Line, [.. Critical.Select(point => point.BiasVariance)], [.. Critical.Select(point => (double?)point.WeightVariance)])];
}
