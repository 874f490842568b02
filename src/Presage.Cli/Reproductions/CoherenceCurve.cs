using System.Text.Json.Serialization;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>What was measured of one training.</summary>
/// <param name="WrongShare">Share of the training labels that are not the true ones.</param>
/// <param name="Measured">Number m of training examples whose gradients are measured, of each group.</param>
/// <param name="Points">Points in the order of training, from step 0 to the last.</param>
internal sealed record CoherenceCurve(double WrongShare, int Measured, IReadOnlyList<CoherencePoint> Points)
{
    /// <summary>Steps, the first of training, that document 003 leaves out of what it says of coherence: weights are not yet reasonable.</summary>
    public const int FirstSteps = 10;

    /// <summary>Points after the first steps.</summary>
    [JsonIgnore]
    public IReadOnlyList<CoherencePoint> AfterFirstSteps => [.. Points.Where(point => point.Step >= FirstSteps)];

    /// <summary>The point of the highest coherence after the first steps.</summary>
    [JsonIgnore]
    public CoherencePoint Peak => AfterFirstSteps.MaxBy(point => point.OverOrthogonal)!;

    /// <summary>The peak of α_m/α_m⊥ over its lowest value before, both after the first steps; 1 where it only falls.</summary>
    [JsonIgnore]
    public double Rise => Peak.OverOrthogonal / AfterFirstSteps.TakeWhile(point => point.Step <= Peak.Step).Min(point => point.OverOrthogonal);

    /// <summary>Average after the first steps: the trapezoidal rule in steps.</summary>
    public double Average(Func<CoherencePoint, double> value)
    {
        IReadOnlyList<CoherencePoint> points = AfterFirstSteps;
        double area = points.Zip(points.Skip(1), (a, b) => (b.Step - a.Step) * (value(a) + value(b)) / 2).Sum();
        return area / (points[^1].Step - points[0].Step);
    }

    /// <summary>Steps after which a value is first above a level, by straight lines between points; null where it never is.</summary>
    public double? StepsUntil(Func<CoherencePoint, double> value, double level)
    {
        int first = Points.TakeWhile(point => value(point) < level).Count();
        if (first == Points.Count)
        {
            return null;
        }

        if (first == 0)
        {
            return 0;
        }

        var (before, after) = (Points[first - 1], Points[first]);
        return before.Step + (after.Step - before.Step) * (level - value(before)) / (value(after) - value(before));
    }

    /// <summary>A value over training, as a curve of a panel with a logarithmic axis of steps.</summary>
    public Curve Line(string name, Func<CoherencePoint, double?> value, CurveKind kind = CurveKind.Line) =>
        new(name, kind, [.. Points.Select(point => point.Step + 1.0)], [.. Points.Select(value)]);

    /// <summary>A horizontal line from the first point to the last.</summary>
    public Curve Level(string name, double value) => new(name, CurveKind.Reference, [1, Points[^1].Step + 1.0], [value, value]);
}
