using Presage.Kernels;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>An initialization whose kernels are followed over depth.</summary>
/// <param name="Activation">Name of φ.</param>
/// <param name="Place">"ordered", "critical" or "chaotic"; of ReLU "below", "at" and "above" χ1 = 1, and "half" and "double" for σ_w² without bias.</param>
/// <param name="WeightVariance">σ_w².</param>
/// <param name="BiasVariance">σ_b².</param>
internal sealed record TrainabilityNet(string Activation, string Place, double WeightVariance, double BiasVariance)
{
    public const string Ordered = "ordered";
    public const string Critical = "critical";
    public const string Chaotic = "chaotic";
    public const string Below = "below";
    public const string At = "at";
    public const string Above = "above";

    private const double Bias = 0.05;

    public string Name => $"{Activation}-{Place}";

    public ActivationFunction Function => Activations.Named(Activation);

    public DeepNetwork Network => new(Function, WeightVariance, BiasVariance);

    /// <summary>What legends and tables say.</summary>
    public string Title => Invariant($"{Activation}, σ_w² = {WeightVariance:G6}, σ_b² = {BiasVariance} ({Place})");

    /// <summary>A smooth activation in each phase, another, and ReLU on both sides of χ1 = 1 and at three σ_w² without bias.</summary>
    public static IReadOnlyList<TrainabilityNet> All { get; } =
    [
        new("erf", Ordered, 1.25, Bias), OnTheLine("erf"), new("erf", Chaotic, 2, Bias),
        new("tanh", Ordered, 1.5, Bias), OnTheLine("tanh"), new("tanh", Chaotic, 2.5, Bias),
        new("relu", Below, 1.5, Bias), new("relu", At, 2, 0), new("relu", Above, 3, Bias), new("relu", "half", 1, 0), new("relu", "double", 4, 0),
    ];

    private static TrainabilityNet OnTheLine(string activation) =>
        new(activation, Critical, CriticalLine.WithBias(Activations.Named(activation), Bias).Single().WeightVariance, Bias);
}
