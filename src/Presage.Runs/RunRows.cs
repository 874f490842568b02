using Presage.Measures;

namespace Presage.Runs;

/// <summary>One value of a measuring point; an empty layer stands for the training itself.</summary>
internal readonly record struct MeasuredRow(string Layer, string Measure, double? Value);

/// <summary>Turns a measuring point into rows and back. A later measure is one more name here, not a new column.</summary>
internal static class RunRows
{
    private const string Training = "";

    public static IEnumerable<MeasuredRow> Of(MeasuringPoint point)
    {
        yield return new(Training, "epoch", point.Epoch);
        yield return new(Training, "train_loss", point.TrainLoss);
        yield return new(Training, "train_accuracy", point.TrainAccuracy);
        yield return new(Training, "test_loss", point.TestLoss);
        yield return new(Training, "test_accuracy", point.TestAccuracy);
        yield return new(Training, "normalized_train_loss", point.NormalizedTrainLoss);
        yield return new(Training, "normalized_test_loss", point.NormalizedTestLoss);
        yield return new(Training, "normalized_train_excess", point.NormalizedTrainExcess);
        yield return new(Training, "normalized_test_excess", point.NormalizedTestExcess);
        yield return new(Training, "carry_over_predicted", point.CarryOver?.Predicted);
        yield return new(Training, "carry_over_predicted_low", point.CarryOver?.PredictedCi95?.Low);
        yield return new(Training, "carry_over_predicted_high", point.CarryOver?.PredictedCi95?.High);
        yield return new(Training, "carry_over_measured", point.CarryOver?.Measured);
        yield return new(Training, "carry_over_measured_low", point.CarryOver?.MeasuredCi95?.Low);
        yield return new(Training, "carry_over_measured_high", point.CarryOver?.MeasuredCi95?.High);
        yield return new(Training, "carry_over_test_examples", point.CarryOver?.TestExamples);
        yield return new(Training, "corrupt_examples", point.Corrupt?.Examples);
        yield return new(Training, "corrupt_memorized", point.Corrupt?.Memorized);
        yield return new(Training, "pristine_accuracy", point.Corrupt?.PristineAccuracy);
        foreach (var group in point.Layers.Prepend(point.Network))
        {
            yield return new(group.Name, "parameters", group.Parameters);
            yield return new(group.Name, "alpha", group.Coherence.Alpha);
            yield return new(group.Name, "alpha_debiased", group.Coherence.AlphaDebiased);
            yield return new(group.Name, "over_orthogonal", group.Coherence.OverOrthogonal);
            yield return new(group.Name, "over_orthogonal_low", group.Coherence.Ci95?.Low);
            yield return new(group.Name, "over_orthogonal_high", group.Coherence.Ci95?.High);
            yield return new(group.Name, "alpha_debiased_low", group.Coherence.AlphaCi95?.Low);
            yield return new(group.Name, "alpha_debiased_high", group.Coherence.AlphaCi95?.High);
            yield return new(group.Name, "gsnr_mean", group.Gsnr.Mean);
            yield return new(group.Name, "gsnr_debiased", group.Gsnr.Debiased);
            yield return new(group.Name, "gsnr_debiased_low", group.Gsnr.DebiasedCi95?.Low);
            yield return new(group.Name, "gsnr_debiased_high", group.Gsnr.DebiasedCi95?.High);
            yield return new(group.Name, "parameters_without_gradient", group.Gsnr.ParametersWithoutGradient);
            yield return new(group.Name, "osgr_predicted", group.OsgrPredicted);
            yield return new(group.Name, "osgr_predicted_low", group.OsgrCi95?.Low);
            yield return new(group.Name, "osgr_predicted_high", group.OsgrCi95?.High);
            yield return new(group.Name, "noise_scale", group.NoiseScale);
            yield return new(group.Name, "noise_scale_low", group.NoiseScaleCi95?.Low);
            yield return new(group.Name, "noise_scale_high", group.NoiseScaleCi95?.High);
            yield return new(group.Name, "sign_agreement", group.SignAgreement);
            yield return new(group.Name, "share_of_squared_norm", group.ShareOfSquaredNorm);
            yield return new(group.Name, "pair_dot_product", group.PairDotProduct);
            yield return new(group.Name, "gradient_distance_bound", group.DistanceBound);
            yield return new(group.Name, "imputed", group.Imputed ? 1 : 0);
        }

        foreach (var row in (point.Groups ?? []).SelectMany(group => GroupRows.Of(group, point.Network.Name)))
        {
            yield return row;
        }
    }

    /// <summary>The point of the given rows, which are in the order in which <see cref="Of"/> gave them.</summary>
    /// <exception cref="InvalidDataException">A value that every point has is missing.</exception>
    public static MeasuringPoint Point(long step, IEnumerable<MeasuredRow> rows)
    {
        var groups = new OrderedDictionary<string, Dictionary<string, double?>>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            groups.TryAdd(row.Layer, new(StringComparer.Ordinal));
            groups[row.Layer][row.Measure] = row.Value;
        }

        if (!groups.Remove(Training, out var training) || groups.Count == 0)
        {
            throw new InvalidDataException($"The run file is damaged: step {step} lacks its losses or its network measures.");
        }

        var measured = groups.Select(group => Group(step, group.Key, group.Value)).ToList();
        return new(
            step,
            training.GetValueOrDefault("epoch"),
            training.GetValueOrDefault("train_loss"),
            training.GetValueOrDefault("train_accuracy"),
            training.GetValueOrDefault("test_loss"),
            training.GetValueOrDefault("test_accuracy"),
            training.GetValueOrDefault("normalized_train_loss"),
            training.GetValueOrDefault("normalized_test_loss"),
            measured[0],
            measured[1..],
            CarryOver(training),
            GroupRows.Groups(step, training, groups),
            training.GetValueOrDefault("corrupt_examples") is { } corrupt && training.GetValueOrDefault("corrupt_memorized") is { } memorized
                ? new((int)corrupt, memorized, training.GetValueOrDefault("pristine_accuracy"))
                : null,
            training.GetValueOrDefault("normalized_train_excess"),
            training.GetValueOrDefault("normalized_test_excess"));
    }

    private static CarryOverMeasure? CarryOver(Dictionary<string, double?> values) =>
        values.GetValueOrDefault("carry_over_predicted") is { } predicted
        && values.GetValueOrDefault("carry_over_measured") is { } measured
        && values.GetValueOrDefault("carry_over_test_examples") is { } examples
            ? new(predicted, Ends(values, "carry_over_predicted"), measured, Ends(values, "carry_over_measured"), (int)examples)
            : null;

    private static GradientMeasures Group(long step, string name, Dictionary<string, double?> values) => new(
        name,
        (long)Required(step, values, "parameters"),
        new(
            Required(step, values, "alpha"),
            values.GetValueOrDefault("alpha_debiased"),
            Required(step, values, "over_orthogonal"),
            Ends(values, "over_orthogonal"),
            Ends(values, "alpha_debiased")),
        new(
            values.GetValueOrDefault("gsnr_mean"),
            values.GetValueOrDefault("gsnr_debiased"),
            (long)Required(step, values, "parameters_without_gradient"),
            Ends(values, "gsnr_debiased")),
        values.GetValueOrDefault("osgr_predicted"),
        values.GetValueOrDefault("sign_agreement"),
        Required(step, values, "share_of_squared_norm"),
        Ends(values, "osgr_predicted"),
        values.GetValueOrDefault("noise_scale"),
        Ends(values, "noise_scale"),
        values.GetValueOrDefault("imputed") > 0,
        values.GetValueOrDefault("pair_dot_product"),
        values.GetValueOrDefault("gradient_distance_bound"));

    public static Interval? Ends(Dictionary<string, double?> values, string measure) =>
        values.GetValueOrDefault(measure + "_low") is { } low && values.GetValueOrDefault(measure + "_high") is { } high ? new Interval(low, high) : null;

    public static double Required(long step, Dictionary<string, double?> values, string measure) =>
        values.GetValueOrDefault(measure) ?? throw new InvalidDataException($"The run file is damaged: step {step} lacks {measure}.");
}
