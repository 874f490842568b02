using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>The families of networks that document 002's figures are about, at each scale.</summary>
internal static class PuzzleFamilies
{
    public const string RandomLabels = "random-labels";

    // Document 002, Appendix B.
    private static readonly double[] AllDeviations =
    [
        0.0001, 0.0002, 0.0003, 0.0004, 0.0005, 0.0006, 0.0007, 0.0008, 0.0009, 0.001, 0.0016, 0.0032, 0.0064, 0.0128, 0.0256, 0.0512,
        0.06, 0.07, 0.08, 0.09, 0.1, 0.1024, 0.11, 0.12, 0.14,
    ];

    // The smallest take the longest to leave their start.
    private static readonly double[] FewDeviations = [0.0032, 0.0064, 0.0128, 0.0256, 0.0512, 0.07, 0.09, 0.1, 0.12, 0.14];

    /// <summary>Appendix B: one network an initial standard deviation, and one with random labels.</summary>
    public static IReadOnlyList<PuzzleNet> Initializations(Scale scale)
    {
        var (net, deviations) = scale switch
        {
            Scale.Quick => (Of(PuzzleModel.ThreeStrided, 16, 1000, 1000, new(0, 120, 4, 50, 0.05, 0.05)), FewDeviations),
            Scale.Standard => (Of(PuzzleModel.ThreeStrided, 24, 2000, 4000, new(0, 150, 5, 50, 0.05, 0.02)), AllDeviations),
            _ => (Of(PuzzleModel.ThreeStrided, 64, null, 10_000, new(0, 200, 5, 100, 0.01, 0.01)), AllDeviations),
        };
        return [.. deviations.Select(deviation => Initialized(net, deviation)), net with { Name = RandomLabels, Deviation = 0.1, HasRandomLabels = true }];
    }

    /// <summary>Appendix L.1's network on MNIST likewise.</summary>
    public static IReadOnlyList<PuzzleNet> DigitInitializations(Scale scale)
    {
        var (net, deviations) = scale switch
        {
            Scale.Quick => (Of(PuzzleModel.Three, 8, 1000, 1000, new(0, 60, 3, 50, 0.05, 0.05)), [0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1]),
            Scale.Standard => (Of(PuzzleModel.Three, 12, 4000, 4000, new(0, 100, 5, 50, 0.05, 0.01)), [0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]),
            _ => (Of(PuzzleModel.Three, 34, 50_000, 10_000, new(0, 800, 20, 100, 0.01, 0.001)), new[] { 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1 }),
        };
        return [.. deviations.Select(deviation => Initialized(net, deviation)), net with { Name = RandomLabels, Deviation = 0.05, HasRandomLabels = true }];
    }

    /// <summary>Appendix L.1's network, pretrained on labels that are in part permuted.</summary>
    public static IReadOnlyList<PuzzleNet> Pretrained(Scale scale) => Corrupted(
        scale switch
        {
            Scale.Quick => Of(PuzzleModel.Three, 6, 1000, 1000, new(60, 80, 4, 50, 0.05, 0.003)),
            Scale.Standard => Of(PuzzleModel.Three, 6, 2000, 4000, new(60, 100, 4, 50, 0.03, 0.003)),
            _ => Of(PuzzleModel.Three, 24, null, 10_000, new(30, 300, 5, 100, 0.01, 0.001)),
        },
        scale);

    /// <summary>Appendix L.2's network with batch normalization, pretrained likewise.</summary>
    public static IReadOnlyList<PuzzleNet> NormalizedPretrained(Scale scale) => Corrupted(Normalized(scale), scale);

    /// <summary>The same network from initial weights of several standard deviations, and one with random labels.</summary>
    public static IReadOnlyList<PuzzleNet> NormalizedInitializations(Scale scale)
    {
        PuzzleNet net = Normalized(scale);
        net = net with { Plan = net.Plan with { PretrainEpochs = 0 } };
        double[] deviations = scale == Scale.Quick ? [0.01, 0.02, 0.05, 0.1, 0.2, 0.3] : [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4];
        return [.. deviations.Select(deviation => Initialized(net, deviation)), net with { Name = RandomLabels, Deviation = 0.05, HasRandomLabels = true }];
    }

    /// <summary>Appendix L.3's network from initial weights of several standard deviations, and one with random labels.</summary>
    public static IReadOnlyList<PuzzleNet> Residuals(Scale scale)
    {
        PuzzleNet net = scale switch
        {
            Scale.Quick => Of(PuzzleModel.Residual, 8, 500, 1000, new(0, 100, 5, 50, 0.2, 0.01)) with { Blocks = 2, Stride = 2 },
            Scale.Standard => Of(PuzzleModel.Residual, 8, 2000, 2000, new(0, 100, 5, 50, 0.2, 0.01)) with { Blocks = 2, Stride = 2 },
            _ => Of(PuzzleModel.Residual, 16, null, 10_000, new(0, 200, 10, 128, 0.01, 0.001)) with { Blocks = 9 },
        };
        double[] deviations = scale == Scale.Quick ? [0.02, 0.05, 0.1, 0.2, 0.3] : [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];
        return [.. deviations.Select(deviation => Initialized(net, deviation)), net with { Name = RandomLabels, Deviation = 0.1, HasRandomLabels = true }];
    }

    /// <summary>Figure 1's network on training sets of several sizes N, with real and with random labels.</summary>
    public static IReadOnlyList<PuzzleNet> SampleSizes(Scale scale)
    {
        var (net, sizes) = scale switch
        {
            Scale.Quick => (Of(PuzzleModel.Five, 16, 0, 2000, new(0, 200, 10, 50, 0.05, 0.05)), [125, 250, 500, 1000, 2000]),
            Scale.Standard => (Of(PuzzleModel.Five, 16, 0, 10_000, new(0, 200, 10, 100, 0.05, 0.05)), [250, 500, 1000, 2000, 4000]),
            _ => (Of(PuzzleModel.Five, 16, 0, 10_000, new(0, 70, 10, 100, 0.01, 0.01)), new[] { 500, 1000, 2000, 5000, 10_000, 20_000, 35_000, 50_000 }),
        };
        return
        [
            .. from isRandom in (bool[])[false, true]
               from size in sizes
               select net with { Name = Invariant($"{(isRandom ? "random" : "real")}-{size}"), Examples = size, HasRandomLabels = isRandom },
        ];
    }

    /// <summary>Figure 3: networks of several widths on one training set.</summary>
    public static IReadOnlyList<PuzzleNet> Widths(Scale scale)
    {
        var (net, widths) = scale switch
        {
            Scale.Quick => (Of(PuzzleModel.Five, 0, 1000, 2000, new(0, 150, 10, 50, 0.05, 0.05)), [8, 12, 16, 32, 48]),
            Scale.Standard => (Of(PuzzleModel.Five, 0, 2000, 10_000, new(0, 150, 10, 50, 0.05, 0.05)), [8, 12, 16, 24, 32, 48, 64]),
            _ => (Of(PuzzleModel.Five, 0, null, 10_000, new(0, 70, 10, 100, 0.01, 0.01)), new[] { 8, 16, 32, 64, 128, 256 }),
        };
        return [.. widths.Select(width => net with { Name = Invariant($"width-{width}"), Width = width })];
    }

    private static PuzzleNet Normalized(Scale scale) => scale switch
    {
        Scale.Quick => Of(PuzzleModel.FiveNormalized, 8, 1000, 1000, new(30, 80, 4, 50, 0.1, 0.003)),
        Scale.Standard => Of(PuzzleModel.FiveNormalized, 12, 3000, 4000, new(30, 80, 4, 50, 0.1, 0.003)),
        _ => Of(PuzzleModel.FiveNormalized, 32, null, 10_000, new(30, 80, 1, 100, 0.01, 0.003)),
    };

    private static PuzzleNet Of(PuzzleModel model, int width, int? examples, int test, PuzzlePlan plan) => new("", model, width, examples, test, plan);

    private static PuzzleNet Initialized(PuzzleNet net, double deviation) => net with { Name = Invariant($"init-{deviation}"), Deviation = deviation };

    private static IReadOnlyList<PuzzleNet> Corrupted(PuzzleNet net, Scale scale)
    {
        PuzzleNet plain = net with { Plan = net.Plan with { PretrainEpochs = 0 } };
        double[] shares = scale != Scale.Paper ? [0, 0.2, 0.4, 0.6, 0.8, 1] : [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
        return
        [
            .. shares.Select(share => (share > 0 ? net : plain) with { Name = Invariant($"corrupt-{100 * share:0}"), Corruption = share }),
            plain with { Name = RandomLabels, HasRandomLabels = true },
        ];
    }
}
