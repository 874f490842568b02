using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Without batch normalization, coherence over the whole network can be high on noise too; the first convolution's is not.</summary>
internal sealed class MysteryFigure2And3 : TrainTestReproduction
{
    private const string First = "conv1";

    private static readonly string[] Dense = ["fc6", "fc7", "fc8"];

    public override string Id => "mystery-fig2-3";

    public override string Figure => "Figures 2 and 3";

    public override string Shows => "coherence of AlexNet and of each of its layers over training, on real images and on noise";

    public override (double? Quick, double? Standard) Minutes => (0.5, 2);

    protected override string NetworkName(Scale scale) => "AlexNet for small images";

    protected override CoherenceSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(500, 500, 500, 16, new CoherencePlan(60, 25, 0.02)),
        Scale.Standard => new(2000, 2000, 2000, 16, new CoherencePlan(60, 25, 0.02)),
        _ => new(null, 50_000, 50_000, 64, new CoherencePlan(100, 256, 0.01)),
    };

    protected override nn.Module<Tensor, Tensor> Network(int[] inputShape, int classes, Scale scale, int seed) =>
        Networks.AlexNet(inputShape, SizesAt(scale).Width, classes, seed);

    protected override IEnumerable<string> More(Scale scale) =>
    [
        Invariant($"Five convolutions and three fully connected layers as in AlexNet, scaled to small images, {SizesAt(scale).Width} channels in the first; no response normalization, no dropout. The initial weights, which the document does not give, are He's."),
        scale == Scale.Paper
            ? "Mini-batches of 256 for the document's 4,096, which take more memory than most machines have."
            : "The document's learning rate is 0.01, with mini-batches of 4,096; learning rate and length of training were set in trial runs so that the noise is fitted.",
        "What \"near 1\", \"far below\" and \"comparable\" ask (at most 2; a third; within a factor of 3 between the geometric means of the dense layers' peaks) is the program's choice.",
    ];

    protected override Outcome Judge(Scale scale, TrainTestPair pair)
    {
        int first = pair.Real.LayerOf(First);
        TrainTestPoint real = pair.Real.Peak(point => point.Train);
        TrainTestPoint noise = pair.Noise.Peak(point => point.Train);
        double low = PeakOf(pair.Noise, first);
        double high = PeakOf(pair.Real, first);
        double dense = Math.Exp(Dense.Average(name => Math.Log(PeakOf(pair.Real, pair.Real.LayerOf(name)) / PeakOf(pair.Noise, pair.Noise.LayerOf(name)))));
        double later = pair.Noise.Epoch(noise) / pair.Real.Epoch(real);
        return new Outcome(
            [
                pair.Fits(most: 0.1),
                new Claim(
                    "network-later", "Figure 2: over the whole network, coherence on noise peaks later than on real images (epoch of the peak, noise over real)",
                    later, "above 1", later > 1, Invariant($"{pair.Basis}; epochs {pair.Noise.Epoch(noise):0.0} and {pair.Real.Epoch(real):0.0}")),
                new Claim(
                    "network-lower", "Figure 2: over the whole network, the peak on noise can be high but is lower than on real images (peak, real over noise)",
                    pair.PeakRatio(point => point.Train), "above 1", pair.PeakRatio(point => point.Train) > 1, Invariant($"{pair.Basis}; {real.Train:0.0} and {noise.Train:0.0}")),
                new Claim(
                    "conv1-orthogonal", "Figure 3: on noise the first convolution stays near the orthogonal limit (its peak of α_m/α_m⊥ after the first steps)",
                    low, "at most 2", low <= 2, pair.Basis),
                new Claim(
                    "conv1-far-below", "Figure 3: there it is far below that on real images (peak of the first convolution, real over noise)",
                    high / low, "at least 3", high / low >= 3, Invariant($"{pair.Basis}; {high:0.00} and {low:0.00}")),
                new Claim(
                    "dense-comparable", "Figure 3: in the dense layers coherence is comparable (peaks, real over noise, geometric mean over the three)",
                    dense, "from 1/3 to 3", dense is >= 1.0 / 3 and <= 3,
                    $"{pair.Basis}; {string.Join(", ", Dense.Select(name => Invariant($"{name} {PeakOf(pair.Real, pair.Real.LayerOf(name)):0.0} and {PeakOf(pair.Noise, pair.Noise.LayerOf(name)):0.0}")))}"),
            ],
            [
                pair.Losses(), pair.Accuracies(), pair.OverEpochs(), pair.OverLoss(), pair.Layers("real images", pair.Real), pair.Layers("noise", pair.Noise), pair.FirstSteps(),
            ],
            [LayerTable(pair), pair.Table()]);
    }

    private static double PeakOf(TrainTestCurve curve, int layer) => curve.Later.Max(point => point.TrainLayers[layer]);

    private static ResultTable LayerTable(TrainTestPair pair) => new(
        "Peaks of α_m/α_m⊥ after the first steps",
        ["layer", "real, training", "noise, training", "real, test", "noise, test"],
        [
            .. pair.Real.Layers.Select((name, layer) => (IReadOnlyList<string>)
            [
                name, Number(PeakOf(pair.Real, layer)), Number(PeakOf(pair.Noise, layer)),
                Number(pair.Real.Later.Max(point => point.TestLayers[layer])), Number(pair.Noise.Later.Max(point => point.TestLayers[layer])),
            ]),
        ],
        IsShort: true);

    private static string Number(double value) => Invariant($"{value:0.00}");
}
