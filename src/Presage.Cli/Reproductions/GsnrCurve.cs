namespace Presage.Cli.Reproductions;

/// <summary>What document 001's Figure 4 draws, at one moment of training.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="PlugIn">Mean over parameters of g_D,j²/ρ_j² (eq. 25). Null where no example has a gradient.</param>
/// <param name="Debiased">Ratio of sums with the unbiased squared mean; may be negative. Null where no example has a gradient.</param>
/// <param name="SignShare">Share of examples whose gradient has the majority sign, mean over parameters (p_same_sign).</param>
/// <param name="TrainLoss">Mean loss of the measured training examples.</param>
/// <param name="TrainAccuracy">Share of them that the network gets right.</param>
/// <param name="TestAccuracy">Share of the test examples that it gets right.</param>
internal sealed record GsnrPoint(
    long Step, double? PlugIn, double? Debiased, double SignShare, double TrainLoss, double TrainAccuracy, double TestAccuracy);

/// <summary>What was measured of one network on one kind of labels.</summary>
/// <param name="WrongShare">Share of the training labels that are not the true ones.</param>
/// <param name="Measured">Number m of training examples whose gradients were measured.</param>
/// <param name="Points">Points in the order of training, from step 0 to the last.</param>
internal sealed record GsnrCurve(double WrongShare, int Measured, IReadOnlyList<GsnrPoint> Points)
{
    /// <summary>Value before the first step.</summary>
    public double? Start(Func<GsnrPoint, double?> value) => value(Points[0]);

    /// <summary>The first half of the steps.</summary>
    public GsnrCurve FirstHalf() => this with { Points = [.. Points.Where(point => point.Step * 2 <= Points[^1].Step)] };

    /// <summary>The point with the largest value; null where there is none.</summary>
    public GsnrPoint? Peak(Func<GsnrPoint, double?> value) => Points.Where(point => value(point) is not null).MaxBy(value);

    /// <summary>Average over training: the trapezoidal rule in steps between the points that have a value; null where fewer than two do.</summary>
    public double? Average(Func<GsnrPoint, double?> value) => Average(Points, value);

    /// <summary>The same over the last quarter of the steps.</summary>
    public double? LastQuarter(Func<GsnrPoint, double?> value) => Average([.. Points.Where(point => point.Step * 4 >= Points[^1].Step * 3)], value);

    private static double? Average(IReadOnlyList<GsnrPoint> points, Func<GsnrPoint, double?> value)
    {
        (long Step, double Value)[] known = [.. points.Where(point => value(point) is not null).Select(point => (point.Step, value(point)!.Value))];
        if (known.Length < 2)
        {
            return null;
        }

        double area = known.Zip(known.Skip(1), (a, b) => (b.Step - a.Step) * (a.Value + b.Value) / 2).Sum();
        return area / (known[^1].Step - known[0].Step);
    }
}
