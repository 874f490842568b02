using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Document 003's data sets L ("real") and M ("random"), Example 1: each example has a feature of its own, and in L a sixth that all have in common. The
/// first four train, the fifth tests. Inputs (N, 6) and targets (N, 1) in float64.
/// </summary>
internal sealed class RealOrRandom : IDisposable
{
    public const int Features = 6;
    public const int Common = Features - 1;
    private const int TrainExamples = 4;

    public RealOrRandom(bool real)
    {
        double common = real ? 1 : 0;
        double[] signs = [1, -1, -1, 1, -1];
        using var scope = NewDisposeScope();
        double[] features = [.. signs.SelectMany((sign, i) => Enumerable.Range(0, Features).Select(j => j == Common ? sign * common : j == i ? sign : 0))];
        Tensor inputs = tensor(features, [signs.Length, Features]);
        Tensor targets = tensor(signs, [signs.Length, 1]);
        TrainInputs = inputs.narrow(0, 0, TrainExamples).DetachFromDisposeScope();
        TrainTargets = targets.narrow(0, 0, TrainExamples).DetachFromDisposeScope();
        TestInputs = inputs.narrow(0, TrainExamples, 1).DetachFromDisposeScope();
        TestTargets = targets.narrow(0, TrainExamples, 1).DetachFromDisposeScope();
    }

    public Tensor TrainInputs { get; }

    public Tensor TrainTargets { get; }

    public Tensor TestInputs { get; }

    public Tensor TestTargets { get; }

    /// <summary>The document's ½(y − output)², summed over outputs where several models are trained side by side; outputs (N, G), targets (N, 1).</summary>
    public static Tensor Loss(Tensor outputs, Tensor targets)
    {
        using Scalar half = 0.5;
        return ((targets - outputs).square() * half).sum(dim: 1);
    }

    public void Dispose()
    {
        TrainInputs.Dispose();
        TrainTargets.Dispose();
        TestInputs.Dispose();
        TestTargets.Dispose();
    }
}
