using Presage.Kernels;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What is claimed of convolutions with either readout.</summary>
internal static class ImageLaws
{
    private const double FactorTolerance = 0.15;
    private const double RateTolerance = 0.05;
    private const double OwnRateTolerance = 0.02;
    private const double LimitTolerance = 0.05;
    private const double PowerTolerance = 0.1;
    private const double ModelTolerance = 0.15;

    // Fits of exponents and of the predictor's power.
    private const int FirstExponential = 100;
    private const int FirstPower = 200;

    /// <summary>Laws of images.</summary>
    /// <param name="sizes">The images.</param>
    /// <param name="images">What was measured, by setting.</param>
    public static IEnumerable<Law> Of(ImageSizes sizes, IReadOnlyDictionary<string, ImageCourse> images)
    {
        (int m, int d) = (sizes.Examples, sizes.Positions);
        return [.. Factors(), .. Critical(), .. Ordered(), .. Chaotic(), .. Predictors()];

        IEnumerable<Law> Factors() => images.Select(each => new Law(
            $"factor-{Short(each.Key)}", $"{Words(each.Key)}: pooling multiplies κ − 1 by d at the last depth", (each.Value.Pooled.Condition[^1] - 1) / (each.Value.Flat.Condition[^1] - 1), d, FactorTolerance,
            Basis(each.Value)));

        IEnumerable<Law> Critical()
        {
            ImageCourse course = images["images-critical"];
            double variance = course.Depths[^1] * MeanField.Of(Activations.Erf, TrainabilityExtensions.Critical(), TrainabilityExtensions.Bias).FixedVariance!.Value;
            yield return Of("critical-kappa-flat", "critical: κ with flattening tends to (m+2)/2", course.Flat.Condition, (m + 2) / 2.0);
            yield return Of("critical-kappa-pooled", "critical: κ with pooling tends to (md+2)/2", course.Pooled.Condition, ((m * d) + 2) / 2.0);
            yield return Of("critical-largest-flat", "critical: λ_max with flattening is (m+2)/3·l·q*", course.Flat.Largest, (m + 2) / 3.0 * variance);
            yield return Of("critical-largest-pooled", "critical: λ_max with pooling is (md+2)/(3d)·l·q*", course.Pooled.Largest, ((m * d) + 2) / (3.0 * d) * variance);
            yield return Of("critical-bulk-flat", "critical: λ_bulk with flattening is 2/3·l·q*", course.Flat.Bulk, 2 / 3.0 * variance);
            yield return Of("critical-bulk-pooled", "critical: λ_bulk with pooling is 2/(3d)·l·q*", course.Pooled.Bulk, 2 / (3.0 * d) * variance);

            Law Of(string id, string statement, double[] values, double theory) => new(id, statement, values[^1], theory, FactorTolerance, Basis(course));
        }

        IEnumerable<Law> Ordered()
        {
            ImageCourse course = images["images-ordered"];
            MeanFieldPoint theory = MeanField.Of(Activations.Erf, 1.25, TrainabilityExtensions.Bias);
            double own = Slope(course, FirstExponential, (l, i) => Math.Log(course.FlatModel.Condition[i] * l));
            double flat = Slope(course, FirstExponential, (l, i) => Math.Log(course.Flat.Condition[i] * l));
            double pooled = Slope(course, FirstExponential, (l, i) => Math.Log(course.Pooled.Condition[i] * l));
            yield return new Law("ordered-rate-flat", "ordered, flattening: ln κ + ln l grows by −ln χ1 a layer", flat, -Math.Log(theory.Susceptibility), RateTolerance, Fit(course, FirstExponential));
            yield return new Law("ordered-rate-pooled", "ordered, pooling: and so it does", pooled, -Math.Log(theory.Susceptibility), RateTolerance, Fit(course, FirstExponential));
            yield return new Law("ordered-rate-dense", "ordered, flattening: as fast as in the fully connected network", flat, own, OwnRateTolerance, Fit(course, FirstExponential));
            yield return new Law("ordered-largest-flat", "ordered: λ_max with flattening tends to m·p*", course.Flat.Largest[^1], m * theory.FixedTangent!.Value, LimitTolerance, Basis(course));
            yield return new Law("ordered-largest-pooled", "ordered: λ_max with pooling tends to m·p*", course.Pooled.Largest[^1], m * theory.FixedTangent!.Value, LimitTolerance, Basis(course));
        }

        IEnumerable<Law> Chaotic()
        {
            ImageCourse course = images["images-chaotic"];
            MeanFieldPoint theory = MeanField.Of(Activations.Erf, 1.5, TrainabilityExtensions.Bias);
            double rate = -Math.Log(theory.Susceptibility);
            yield return new Law("chaotic-rate-flat", "chaotic, flattening: ln (κ − 1) falls by ln χ1 a layer", Slope(course, FirstExponential, (_, i) => Math.Log(course.Flat.Condition[i] - 1)), rate, RateTolerance, Fit(course, FirstExponential));
            yield return new Law("chaotic-rate-pooled", "chaotic, pooling: and so it does", Slope(course, FirstExponential, (_, i) => Math.Log(course.Pooled.Condition[i] - 1)), rate, RateTolerance, Fit(course, FirstExponential));
            yield return new Law("chaotic-bulk-rate", "chaotic, pooling: ln λ_bulk grows by ln χ1 a layer", Slope(course, FirstExponential, (_, i) => Math.Log(course.Pooled.Bulk[i])), -rate, RateTolerance, Fit(course, FirstExponential));
            double predictor = -1 / theory.PredictorDepthScale!.Value;
            yield return new Law("chaotic-predictor-flat", "chaotic, flattening: the mean predictor, over l, falls by χ_c*/χ1 a layer", Slope(course, FirstExponential, (l, i) => Math.Log(course.Flat.CarryOver[i] / l)), predictor, RateTolerance, Fit(course, FirstExponential));
            yield return new Law("chaotic-predictor-pooled", "chaotic, pooling: and so it does", Slope(course, FirstExponential, (l, i) => Math.Log(course.Pooled.CarryOver[i] / l)), predictor, RateTolerance, Fit(course, FirstExponential));
        }

        IEnumerable<Law> Predictors()
        {
            ImageCourse critical = images["images-critical"];
            yield return new Law("critical-predictor-power", "critical, pooling: the mean predictor falls as a power of depth, −1", Slope(critical, FirstPower, (_, i) => Math.Log(critical.Pooled.CarryOver[i]), isPower: true), -1, PowerTolerance, Fit(critical, FirstPower));
            foreach (string name in (string[])["images-critical", "images-critical-alike", "images-chaotic", "images-chaotic-alike"])
            {
                ImageCourse course = images[name];
                yield return new Law(
                    $"predictor-factor-{Short(name)}", $"{Words(name)}: pooling multiplies the mean predictor P(Θ)Y of a test image near a training image by d at the last depth",
                    course.Pooled.CarryOver[^1] / course.Flat.CarryOver[^1], d, FactorTolerance, Basis(course));
            }
        }

        string Basis(ImageCourse course) => Invariant($"{m} images of {d} positions, {sizes.Channels:N0} channels, depth {course.Depths[^1]:N0}");

        string Fit(ImageCourse course, int first) => Invariant($"{m} images of {d} positions, depths {first} to {course.Depths[^1]:N0}");
    }

    /// <summary>Images against theory at every depth.</summary>
    /// <param name="sizes">The images.</param>
    /// <param name="images">What was measured, by setting.</param>
    public static IEnumerable<Claim> Models(ImageSizes sizes, IReadOnlyDictionary<string, ImageCourse> images)
    {
        foreach (var (name, course) in images)
        {
            string basis = Invariant($"{course.Depths.Length} depths to {course.Depths[^1]:N0}, both readouts");
            string equal = name.EndsWith("-alike", StringComparison.Ordinal)
                ? "κ is that of images whose correlations are exact"
                : Invariant($"κ with flattening is that of {sizes.Examples} equally unlike inputs of a dense network, with pooling that of {sizes.Examples * sizes.Positions}");
            yield return AtMost($"model-{Short(name)}", $"{Words(name)}: {equal} (largest |ln| of their ratio)", Off(course.Flat.Condition, course.FlatModel.Condition, course.Pooled.Condition, course.PooledModel.Condition));
            yield return AtMost(
                $"model-predictor-{Short(name)}", $"{Words(name)}: and the mean predictor is theirs (largest |ln| of their ratio)",
                Off(course.Flat.CarryOver, course.FlatModel.CarryOver, course.Pooled.CarryOver, course.PooledModel.CarryOver));

            Claim AtMost(string id, string statement, double measured) => new(id, statement, measured, Invariant($"at most {ModelTolerance}"), measured <= ModelTolerance, basis);
        }

        static double Off(double[] flat, double[] flatModel, double[] pooled, double[] pooledModel) =>
            flat.Zip(flatModel).Concat(pooled.Zip(pooledModel)).Max(pair => Math.Abs(Math.Log(pair.First / pair.Second)));
    }

    /// <summary>A setting in words.</summary>
    public static string Words(string name) =>
        Short(name).Replace("-alike", ", positions alike", StringComparison.Ordinal);

    private static string Short(string name) => name["images-".Length..];

    private static double Slope(ImageCourse course, int first, Func<int, int, double> value, bool isPower = false)
    {
        int[] places = [.. Enumerable.Range(0, course.Depths.Length).Where(i => course.Depths[i] >= first)];
        return Trend.Of([.. places.Select(i => isPower ? Math.Log(course.Depths[i]) : course.Depths[i])], [.. places.Select(i => value(course.Depths[i], i))]).Slope;
    }
}
