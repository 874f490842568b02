using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>Whether a network can be trained and will generalize, before it is trained, and why.</summary>
/// <param name="Options">What was asked.</param>
/// <param name="Point">The mean-field theory of the initialization; null where dropout, skips or layer normalization change it.</param>
/// <param name="CriticalWeightVariance">The critical σ_w² at this σ_b² nearest to the network's; null where there is none.</param>
/// <param name="Shallow">What theory says of one hidden layer.</param>
/// <param name="Theory">Of this depth.</param>
/// <param name="Next">Of one hidden layer more.</param>
/// <param name="LargestSafeDepth">The largest depth up to <paramref name="Scanned"/> at which the network is trainable and generalizes, by theory; null where none is.</param>
/// <param name="Scanned">How deep it was looked for.</param>
/// <param name="OnData">What the kernel of real examples says; null without data.</param>
internal sealed record TrainabilityReport(
    TrainabilityOptions Options, MeanFieldPoint? Point, double? CriticalWeightVariance, Trainability Shallow, Trainability Theory, Trainability Next, int? LargestSafeDepth, int Scanned, TrainabilityOnData? OnData)
{
    /// <summary>What is left of the slowest direction's error when it counts as learnt.</summary>
    public const double Left = 0.01;

    /// <summary>
    /// Carry-over from which on a network generalizes. Of 300 images of MNIST (erf, ReLU; 1 to 320 layers) the mean predictor kept more than three quarters of its accuracy above chance down to
    /// 0.05, and had lost more than half of it at 0.01.
    /// </summary>
    public const double LeastCarryOver = 0.05;

    private const int UsualScan = 1000;

    /// <summary>ln of the steps until the slowest direction is learnt: of the data's kernel where there is one.</summary>
    public double LogSteps => OnData?.LogSteps ?? Theory.LogSteps(Left);

    /// <summary>Whether that many steps are allowed; null where double precision knows a lower bound only, which is.</summary>
    public bool? IsTrainable => LogSteps > Math.Log(Options.MostSteps) ? false : OnData?.Spectrum.IsBound == true ? null : true;

    /// <summary>Whether one hidden layer would need more steps than are allowed too, so that no depth helps.</summary>
    public bool IsSlowAtAnyDepth => (OnData?.LogShallowSteps ?? Shallow.LogSteps(Left)) > Math.Log(Options.MostSteps);

    /// <summary>Whether every σ_w² is critical: without biases of layer normalization before ReLU, and of skips past layers of ReLU and its like.</summary>
    public bool IsCriticalAnywhere => Options.Network is { BiasVariance: 0 } network && KeepsActivations(network)
        && (network is { HasLayerNorm: false, HasSkips: true, Activation: HomogeneousActivation { IsLinear: false } }
            || (network is { HasLayerNorm: true, HasSkips: false } && network.Activation.Diagonal(1) is var moments && moments.Derivative == moments.Value));

    /// <summary>Whether it is known which σ_w² is critical: not of most networks with skips, nor of dropout behind normalized layers. Dropout alone leaves none.</summary>
    public bool IsCriticalKnown => IsCriticalAnywhere || (Options.Network is { HasSkips: false } network && (!network.HasLayerNorm || KeepsActivations(network)));

    public bool Generalizes => OnData?.Generalizes ?? Theory.CarryOver >= LeastCarryOver;

    /// <summary>The depth in units of ξ_1; of ξ_* in the chaotic phase. Null where there is no such scale.</summary>
    public double? DepthInScales => Options.Depth / (Point?.Phase == Phase.Chaotic ? Point.PredictorDepthScale : Point?.FixedEpsilon is null ? null : Point.DepthScale);

    /// <summary>Judges by theory, and by what was measured of data.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="onData">What was measured of data.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public static TrainabilityReport Of(TrainabilityOptions options, TrainabilityOnData? onData, CancellationToken cancellation)
    {
        DeepNetwork network = options.Network;
        MeanFieldPoint? point = options.IsPlain ? MeanField.Of(network.Activation, network.WeightVariance, network.BiasVariance) : null;
        int scanned = Math.Max(UsualScan, options.Depth + 1);
        var course = new List<Trainability>();
        foreach (Trainability each in Trainability.ByDepth(network, options.Inputs).Take(scanned))
        {
            cancellation.ThrowIfCancellationRequested();
            course.Add(each);
        }

        return new TrainabilityReport(
            options,
            point,
            point is not null ? CriticalLine.Nearest([.. CriticalLine.WithBias(network.Activation, network.BiasVariance).Where(each => each.IsAttracting || each.FixedVariance is null)], network.WeightVariance)?.WeightVariance : CriticalOfNormalized(network),
            course[0],
            course[options.Depth - 1],
            course[options.Depth],
            course.LastOrDefault(each => each.LogSteps(Left) <= Math.Log(options.MostSteps) && each.CarryOver >= LeastCarryOver)?.Depth,
            scanned,
            onData);
    }

    private static bool KeepsActivations(DeepNetwork network) => network.Keep == 1 || network.DropsBeforeReadoutOnly;

    // Normalized outputs have variance 1: a small difference grows by σ_w²·Ṫ(1)/(σ_w²·T(1) + σ_b²) a layer.
    private static double? CriticalOfNormalized(DeepNetwork network)
    {
        if (!network.HasLayerNorm || network.HasSkips || !KeepsActivations(network))
        {
            return null;
        }

        DiagonalMoments moments = network.Activation.Diagonal(1);
        double variance = network.BiasVariance / (moments.Derivative - moments.Value);

        // ReLU's moments are one: with bias no σ_w² is critical, without it any.
        return variance > 0 && double.IsFinite(variance) ? variance : null;
    }
}
