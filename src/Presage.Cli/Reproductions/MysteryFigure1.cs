using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A residual network fits real images and noise alike, but the gradients of real images have far more in common.</summary>
internal sealed class MysteryFigure1 : TrainTestReproduction
{
    public override string Id => "mystery-fig1";

    public override string Figure => "Figure 1";

    public override string Shows => "loss, accuracy and coherence over training, of a residual network on real images and on noise";

    public override (double? Quick, double? Standard) Minutes => (1, 3);

    protected override string NetworkName(Scale scale) => scale == Scale.Paper ? "ResNet-18" : "residual network of 8 layers";

    protected override CoherenceSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(1000, 1000, 500, 8, new CoherencePlan(45, 50, 0.1)),
        Scale.Standard => new(2500, 1500, 1500, 16, new CoherencePlan(45, 50, 0.1)),
        _ => new(null, 50_000, 50_000, 64, new CoherencePlan(100, 256, 0.1)),
    };

    protected override nn.Module<Tensor, Tensor> Network(int[] inputShape, int classes, Scale scale, int seed) => scale == Scale.Paper
        ? Networks.ResNet18(inputShape[0], classes, ChannelNormalization.Batch, SizesAt(scale).Width, seed)
        : Networks.SmallResNet(inputShape[0], classes, ChannelNormalization.Batch, SizesAt(scale).Width, blocks: 1, stride: 2, seed);

    protected override IEnumerable<string> More(Scale scale) =>
    [
        scale == Scale.Paper
            ? "ResNet-18 in the form for small images stands for ResNet-50; mini-batches of 256 with learning rate 0.1 for the document's 4,096 with 0.5, which take more memory than most machines have."
            : "A residual network of one block a stage, its first convolution with stride 2, stands for ResNet-50; the document's learning rate is 0.5, with mini-batches of 4,096. "
                + "The length of training was set after a trial run, so that the real images are fitted too.",
        "Coherence is imputed from that of mini-batches in training mode, as in the document's appendix D: 1/α = b/α_b − (b − 1) with b examples a mini-batch, as many as in training. "
            + "E‖g‖² is taken from the unbiased ‖μ‖², so that orthogonal examples read 1 on average; the document's appendix was not at hand, and its plug-in α_b can differ by about one part in the number of mini-batches.",
        "Losses and accuracies are taken in evaluation mode, with the means and variances averaged over mini-batches of the measured training examples.",
        "What \"come back toward 1\" asks, at most half of the peak's excess over 1, is the program's choice.",
    ];

    protected override Outcome Judge(Scale scale, TrainTestPair pair)
    {
        double? ratio = pair.PeakRatio(point => point.Train);
        TrainTestPoint real = pair.Real.Peak(point => point.Train);
        TrainTestPoint noise = pair.Noise.Peak(point => point.Train);
        double excess = pair.Real.Last.TestAccuracy - pair.Noise.Last.TestAccuracy;
        return new Outcome(
            [
                pair.Fits(most: 0.1),
                new Claim(
                    "generalizes", "only on real images does training accuracy carry over to test images (test accuracy on real images − that on noise, at the end)",
                    excess, "at least 0.1", excess >= 0.1,
                    Invariant($"{pair.Basis}; {pair.Real.Last.TestAccuracy:0.000} and {pair.Noise.Last.TestAccuracy:0.000}")),
                new Claim(
                    "peak", "an example helps far more others on real images than on noise (peak of α_m/α_m⊥ after the first steps, real over noise)",
                    ratio, "at least 3", ratio >= 3, Invariant($"{pair.Basis}; {real.Train:0.00} at step {real.Step}, {noise.Train:0.00} at step {noise.Step}")),
                TrainTestPair.ComesBack("real-comes-back", "real images", pair.Real, pair.Basis),
                TrainTestPair.ComesBack("noise-comes-back", "noise", pair.Noise, pair.Basis),
            ],
            [pair.Losses(), pair.Accuracies(), pair.OverEpochs(), pair.OverLoss(), pair.FirstSteps()],
            [pair.Table()]);
    }
}
