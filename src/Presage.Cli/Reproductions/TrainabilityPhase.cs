using Presage.Cli.Studies;
using Presage.Kernels;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>An activation's plane, or one initialization of it.</summary>
/// <param name="Activation">"erf", "tanh" or "relu".</param>
/// <param name="Place">"plane", or what the initialization is called.</param>
/// <param name="WeightVariance">σ_w²; 0 for the plane.</param>
/// <param name="BiasVariance">σ_b²; 0 for the plane.</param>
internal sealed record PhaseSetting(string Activation, string Place, double WeightVariance, double BiasVariance)
{
    public const string Plane = "plane";

    public string Name => $"{Activation}-{Place}";
}

/// <summary>What was measured: the plane, or an initialization.</summary>
internal sealed record PhaseResult(PhasePlaneResult? Plane, PhasePointResult? Point);

/// <summary>A plane of initializations.</summary>
/// <param name="Panels">Its pictures.</param>
/// <param name="Line">Points of the critical line.</param>
internal sealed record PhasePlaneResult(IReadOnlyList<Panel> Panels, IReadOnlyList<CriticalPlace> Line);

/// <summary>The critical σ_w² at a σ_b², found in two ways.</summary>
/// <param name="BiasVariance">σ_b².</param>
/// <param name="ByLine">By <see cref="CriticalLine"/>, in closed form of q.</param>
/// <param name="ByRoot">Where χ1 at the fixed point that variances find passes 1, by halving.</param>
internal sealed record CriticalPlace(double BiasVariance, double ByLine, double ByRoot);

/// <summary>An initialization: theory, the recursion's rate, random networks.</summary>
internal sealed record PhasePointResult(MeanFieldPoint Theory, DepthRate Rate, IReadOnlyList<FinitePair> Pairs);

/// <summary>Phases of deep networks over the plane of (σ_b², σ_w²).</summary>
internal sealed class TrainabilityPhase : Reproduction<PhaseSetting, PhaseResult>
{
    private const double MostWeight = 4;
    private const double MostBias = 1;

    // For the halving: χ1 is below 1 at the first and above 1 at the last for every σ_b² asked.
    private const double LeastRoot = 0.3;
    private const double MostRoot = 8;
    private const int Halvings = 45;

    private static readonly double[] Biases = [0, 0.01, 0.05, 0.2, 0.5];
    private static readonly string[] Names = ["erf", "tanh", "relu"];

    public override string Id => "trainability-phase";

    public override string Document => TrainabilityPaper.Title;

    public override string Figure => "Convergence of NTK and Phase Diagram";

    public override string Shows => "a line of initializations parts networks that forget their inputs from networks that tear them apart, each at a rate that theory gives";

    public override (double? Quick, double? Standard) Minutes => (0.7, 7);

    public override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"{string.Join(", ", Names)}; planes of {PlacesAt(scale)}x{PlacesAt(scale)} initializations; at 9 of them {sizes.Networks} random networks of width {sizes.Width:N0} and depth {sizes.Depth}, 3 pairs of inputs")
        : "";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document's own points are not known here but for erf's: the others were chosen, and the thresholds set, before the first run.",
        "ReLU stands by itself: its correlations always tend to 1, and χ1 tells how lengths grow. Its places are called after χ1 alone.",
        Invariant($"Finite networks may differ by 4 standard errors and, relatively, by 2·depth/width = {SizesAt(scale).Allowance:0.###}. The seed is theirs; all else is not random."),
    ];

    internal static RandomSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(12, 1000, 30),
        Scale.Standard => new(24, 1500, 50),
        _ => new(50, 4000, 100),
    };

    /// <summary>What is measured, at every scale.</summary>
    internal static IReadOnlyList<PhaseSetting> Places() =>
    [
        .. Names.Select(name => new PhaseSetting(name, PhaseSetting.Plane, 0, 0)),
        new("erf", "ordered", 1.25, 0.05), new("erf", "critical", Critical("erf"), 0.05), new("erf", "chaotic", 1.5, 0.05),
        new("tanh", "ordered", 1.5, 0.05), new("tanh", "critical", Critical("tanh"), 0.05), new("tanh", "chaotic", 2.5, 0.05),
        new("relu", "below", 1, 0.1), new("relu", "at", 2, 0), new("relu", "above", 3, 0),
    ];

    protected override IReadOnlyList<PhaseSetting> Grid(Scale scale) => Places();

    protected override string NameOf(PhaseSetting setting) => setting.Name;

    protected override double CostOf(PhaseSetting setting) => IsPlane(setting) && string.Equals(setting.Activation, "tanh", StringComparison.Ordinal) ? 2 : 1;

    protected override PhaseResult Measure(PhaseSetting setting, SettingWork work)
    {
        ActivationFunction activation = Activations.Named(setting.Activation);
        if (IsPlane(setting))
        {
            var plane = PhasePlane.Of(activation, PlacesAt(work.Scale), MostWeight, MostBias, work.OnProgress, work.Cancellation);
            return new PhaseResult(
                new PhasePlaneResult([.. plane.Panels(), .. PhasePictures.FixedPoints(plane)], [.. Biases.Select(bias => new CriticalPlace(bias, ByLine(activation, bias), ByRoot(activation, bias)))]), null);
        }

        MeanFieldPoint theory = MeanField.Of(activation, setting.WeightVariance, setting.BiasVariance);
        return new PhaseResult(null, new PhasePointResult(
            theory,
            DepthRate.Of(activation, theory),
            RandomNetworks.Of(
                activation, setting.WeightVariance, setting.BiasVariance, SizesAt(work.Scale), new SeededRandom(work.Seed).Derive(setting.Name), work.OnProgress, work.Cancellation)));
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PhaseSetting Setting, PhaseResult Result)> results)
    {
        var planes = results.Where(each => each.Result.Plane is not null).ToDictionary(each => each.Setting.Activation, each => each.Result.Plane!, StringComparer.Ordinal);
        (PhaseSetting Setting, PhasePointResult Result)[] points = [.. results.Where(each => each.Result.Point is not null).Select(each => (each.Setting, each.Result.Point!))];
        return new Outcome(
            [.. PhaseClaims.References(planes, points), .. PhaseClaims.Lines(planes), .. PhaseClaims.Rates(points), .. PhaseClaims.Relu(points), .. PhaseClaims.Finite(SizesAt(scale), points)],
            [
                .. Names.SelectMany(name => planes[name].Panels.Select(panel => panel with { Title = $"{panel.Title}, {name}" })),
                .. Names.Select(name => PhasePictures.Depth(name, SizesAt(scale), [.. points.Where(each => string.Equals(each.Setting.Activation, name, StringComparison.Ordinal))])),
            ],
            [PhasePictures.Points(points), PhasePictures.Line(planes), PhasePictures.Networks(points)]);
    }

    private static double Critical(string name) => ByLine(Activations.Named(name), 0.05);

    private static double ByLine(ActivationFunction activation, double bias) => CriticalLine.WithBias(activation, bias)[0].WeightVariance;

    private static double ByRoot(ActivationFunction activation, double bias)
    {
        double low = LeastRoot;
        double high = MostRoot;
        for (int halving = 0; halving < Halvings; halving++)
        {
            double middle = (low + high) / 2;
            (low, high) = MeanField.Of(activation, middle, bias).Susceptibility < 1 ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    private static int PlacesAt(Scale scale) => scale switch
    {
        Scale.Quick => 30,
        Scale.Standard => 60,
        _ => 120,
    };

    private static bool IsPlane(PhaseSetting setting) => string.Equals(setting.Place, PhaseSetting.Plane, StringComparison.Ordinal);
}
