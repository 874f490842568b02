using Presage.Measures;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>The gap of trainings of one kind and Theorem 1's bound for it, for trainings that end at each point.</summary>
/// <param name="Steps">Steps taken, point by point; the first is 0.</param>
/// <param name="Gaps">Mean over the trainings of test less training loss.</param>
/// <param name="LogBounds">log₁₀ of the bound, the smallest of the trainings'; from the second point on.</param>
/// <param name="LogWithoutExpansion">The same without the expansion terms.</param>
internal sealed record BoundedGap(long[] Steps, double[] Gaps, double[] LogBounds, double[] LogWithoutExpansion)
{
    /// <summary>log₁₀ of the bound over the size of the gap, at the end.</summary>
    public double LogRatio => LogBounds[^1] - Math.Log10(Math.Abs(Gaps[^1]));

    /// <summary>Trainings of one kind, measured at the same steps.</summary>
    /// <param name="trainings">What was measured of each.</param>
    /// <param name="learningRate">Step size η, constant.</param>
    public static BoundedGap Of(IReadOnlyList<BoundResult> trainings, double learningRate)
    {
        long[] steps = [.. trainings[0].Curve.Points.Select(point => point.Step)];
        GeneralizationBoundMeasure[][] bounds = [.. trainings.Select(training => Bounds(training, learningRate))];
        return new BoundedGap(
            steps,
            [.. steps.Select((_, k) => trainings.Average(training => training.Curve.Points[k].TestLoss - training.Curve.Points[k].TrainLoss))],
            [.. steps.Skip(1).Select((_, k) => bounds.Min(each => each[k].Log) / Math.Log(10))],
            [.. steps.Skip(1).Select((_, k) => bounds.Min(each => each[k].LogWithoutExpansion) / Math.Log(10))]);
    }

    /// <summary>Bound, bound without expansion, and size of the gap, as logarithms.</summary>
    public IEnumerable<Curve> Curves(string name)
    {
        double[] x = [.. Steps.Skip(1).Select(step => step + 1.0)];
        yield return new Curve($"bound, {name}", CurveKind.Line, x, [.. LogBounds.Select(value => (double?)value)]);
        yield return new Curve($"without expansion, {name}", CurveKind.Line, x, [.. LogWithoutExpansion.Select(value => (double?)value)]);
        yield return new Curve($"gap, {name}", CurveKind.Line, x, [.. Gaps.Skip(1).Select(gap => (double?)Math.Log10(Math.Abs(gap)))]);
    }

    private static GeneralizationBoundMeasure[] Bounds(BoundResult training, double learningRate)
    {
        IReadOnlyList<CoherencePoint> points = training.Curve.Points;
        double lipschitz = points.Max(point => point.LargestNorm);
        double smoothness = training.Curvature.Max();
        var steps = new List<BoundStep>();
        var bounds = new List<GeneralizationBoundMeasure>();
        foreach (var (from, to) in points.Zip(points.Skip(1)))
        {
            for (long step = from.Step; step < to.Step; step++)
            {
                double way = (step - from.Step) / (double)(to.Step - from.Step);
                double alpha = from.AlphaDebiased + way * (to.AlphaDebiased - from.AlphaDebiased);
                steps.Add(new BoundStep(learningRate, Math.Clamp(alpha, 0, 1)));
            }

            bounds.Add(GeneralizationBound.Of(steps, training.Curve.Measured, lipschitz, smoothness));
        }

        return [.. bounds];
    }
}
