using CsCheck;
using Presage.Measures;
using Presage.Runs;

namespace Presage.Tests;

/// <summary>Run records to write, read and draw: random ones for laws, and one that looks like a real training.</summary>
internal static class RunSamples
{
    public static readonly RunSetup Setup = new(
        "mnist", "cnn", "conv 1-8, conv 8-20, fc 320-200, fc 200-10", 32_458, 4_000, 3_000, 2_000, 10, new(0.2, 0.1785), 0.1, 10, 64, 0.05, 7, 400, "cpu", "cross-entropy, nats", 2.302,
        Optimizer: new("wsgd", 8, null, 0.9, 1e-4));

    /// <summary>Any finite value, from subnormal to huge, or none.</summary>
    private static readonly Gen<double> Value = Gen.Double.Where(double.IsFinite);

    private static readonly Gen<double?> Nullable = Gen.Select(Gen.Bool, Value, (some, value) => some ? value : (double?)null);

    private static readonly Gen<Interval?> Band = Gen.Select(Gen.Bool, Value, Value, (some, low, high) => some ? new Interval(low, high) : (Interval?)null);

    private static readonly Gen<CarryOverMeasure?> CarryOver = Gen.Select(Gen.Bool, Value.Array[2], Band.Array[2], Gen.Int[1, 500], (some, values, bands, examples) =>
        some ? new CarryOverMeasure(values[0], bands[0], values[1], bands[1], examples) : null);

    private static readonly Gen<CorruptFit?> Corrupt = Gen.Select(Gen.Bool, Gen.Int[1, 2000], Value, Nullable, (some, examples, memorized, pristine) =>
        some ? new CorruptFit(examples, memorized, pristine) : null);

    private static readonly Gen<MeasuringPoint> Point = Gen.Select(Value, Nullable.Array[8], Group("network"), CarryOver, Corrupt, Gen.Int[0, 5], Gen.Int[0, 3], (epoch, losses, network, carryOver, corrupt, layers, groups) =>
        (epoch, losses, network, carryOver, corrupt, layers, groups)).SelectMany(part => Gen.Select(Layers(part.layers), Groups(part.groups, part.layers), (layers, groups) => new MeasuringPoint(
            0, part.epoch, part.losses[0], part.losses[1], part.losses[2], part.losses[3], part.losses[4], part.losses[5], part.network, layers, part.carryOver, groups, part.corrupt,
            Excess(part.losses[4], part.losses[6]), Excess(part.losses[5], part.losses[7]))));

    // A file with the loss alone is one of an earlier version, and the excess is made from it.
    private static double? Excess(double? loss, double? excess) => loss is null ? null : excess ?? 0;

    public static readonly Gen<MeasuringPoint[]> Points = Point.Array[0, 4].Select(points =>
        points.Select((point, index) => point with { Step = 10L * index }).ToArray());

    /// <summary>A training as one sees it: loss falls, coherence peaks early, layers differ; the control lags behind.</summary>
    public static RunRecord Training(int layers = 5, int points = 28) => new(
        Path.Combine("runs", "20260301-142530-mnist"),
        new(2026, 3, 1, 14, 25, 30, TimeSpan.Zero),
        RunStatus.Finished,
        null,
        Setup,
        [Series("real", 1, layers, points), Series("control", 0, layers, points)],
        new(VerdictState.Learning, ["An example's step helped 61.3 of 400 examples at the peak (step 12); 2.1 on permuted labels.", "Test accuracy rose from 9.8 % to 95.1 %."]),
        new(48.2, 20.5, 71.9));

    private static MeasuredSeries Series(string name, double signal, int layers, int points)
    {
        var random = new Random(layers);
        return new(name, [.. Enumerable.Range(0, points).Select(index => At(index == 0 ? 0 : (long)Math.Round(Math.Pow(620, index / (points - 1.0))) + index))]);

        MeasuringPoint At(long step)
        {
            double done = 1 - Math.Exp(-step / (signal > 0 ? 60.0 : 900.0));
            double rise = signal * 45 * Math.Exp(-Math.Pow(Math.Log((step + 1) / 14.0), 2) / 3);
            double[] weights = [.. Enumerable.Range(0, layers).Select(layer => 1 + layer + random.NextDouble())];
            var measured = weights.Select((weight, layer) => Measure(
                $"layer{layer}.weight", 500 * (layer + 1), (1 + rise + signal * 8) * (1 + 0.5 * Math.Sin(layer)) + random.NextDouble(), weight / weights.Sum())).ToList();
            double over = measured.Sum(layer => layer.ShareOfSquaredNorm * layer.Coherence.OverOrthogonal);
            return new(
                step, step * 64 / 4000.0, 2.31 * (1 - 0.95 * done) + 0.01, 0.1 + 0.87 * done, signal > 0 ? 2.31 * (1 - 0.9 * done) + 0.02 : 2.31 + 0.4 * done,
                signal > 0 ? 0.1 + 0.85 * done : 0.1, 2.3026 - 0.08 * done, 2.3026 - 0.07 * done * signal, Measure("network", 32_458, over, 1), measured,
                new(0.8, new(0.75, 0.85), 0.8 - (1.5 - signal) * done, new(0.7 - 2 * done, 0.9), 500),
                Corrupt: signal > 0 ? new(820, 0.1 + 0.3 * done, 0.1 + 0.85 * done) : null, NormalizedTrainExcess: -0.08 * done, NormalizedTestExcess: -0.07 * done * signal);
        }

        GradientMeasures Measure(string layer, long parameters, double over, double share)
        {
            double alpha = Math.Min(1, over / 400);
            double ratio = alpha / (1 - alpha + 1e-3);
            return new(
                layer, parameters, new(alpha, alpha - 1 / 400.0, over, new(over * 0.8 - 0.4, over * 1.2 + 0.4)), new(ratio * 1.4 + 0.0025, ratio - 0.0025, parameters / 50),
                ratio / (ratio + 1 / 4000.0), 0.52 + 0.3 * alpha, share);
        }
    }

    private static Gen<GradientMeasures> Group(string name) => Gen.Select(
        Gen.Long[0, 1L << 53], Value.Array[3], Nullable.Array[8], Band.Array[5], Gen.Long[0, 1L << 53], Gen.Bool, (parameters, some, maybe, bands, without, imputed) =>
            new GradientMeasures(
                name,
                parameters,
                new(some[0], maybe[0], some[1], bands[0], bands[1]),
                new(maybe[1], maybe[2], without, bands[2]),
                maybe[3],
                maybe[4],
                some[2],
                bands[3],
                maybe[5],
                bands[4],
                imputed,
                maybe[6],
                maybe[7]));

    private static Gen<CoherenceMeasure> Coherence() =>
        Gen.Select(Value.Array[2], Nullable, Band.Array[2], (some, maybe, bands) => new CoherenceMeasure(some[0], maybe, some[1], bands[0], bands[1]));

    /// <summary>Groups whose names have dots, as those of measures do; null for none.</summary>
    private static Gen<GroupPoint[]?> Groups(int count, int layers) => Gen.Select(
        Gen.Int[1, 500], Nullable.Array[2], Coherence(), Coherence().Array[layers], (examples, maybe, network, ofLayers) =>
            new GroupPoint("?", examples, maybe[0], maybe[1], new(network, [.. ofLayers.Select((layer, index) => new LayerCoherence($"layer{index}", layer))])))
        .Array[count].Select(groups => count == 0 ? null : groups.Select((group, index) => group with { Name = $"group.{index}.examples" }).ToArray());

    private static Gen<GradientMeasures[]> Layers(int count) =>
        Group("?").Array[count].Select(layers => layers.Select((layer, index) => layer with { Name = $"layer{index}" }).ToArray());
}
