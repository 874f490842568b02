using Presage.Kernels;
using Presage.Measures;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>What the NTK of real examples says of training an infinitely wide network on them.</summary>
/// <param name="Inputs">The examples.</param>
/// <param name="Correlation">Mean cosine of two training examples' inputs.</param>
/// <param name="NeighbourCorrelation">Mean cosine of a training example and the most similar other one.</param>
/// <param name="Spectrum">Eigenvalues of the training examples' kernel.</param>
/// <param name="ShallowSpectrum">The same of one hidden layer.</param>
/// <param name="Accuracy">Share of the test examples that the mean predictor gives their label.</param>
/// <param name="ShallowAccuracy">The same of one hidden layer.</param>
/// <param name="Chance">Share of the most frequent training label.</param>
internal sealed record TrainabilityOnData(
    KernelInputs Inputs, double Correlation, double NeighbourCorrelation, KernelSpectrum Spectrum, KernelSpectrum ShallowSpectrum, double Accuracy, double ShallowAccuracy, double Chance)
{
    // Rows and columns of a tile, between which it can be stopped.
    private const int Tile = 64;

    /// <summary>ln of the steps at half the largest stable learning rate until the slowest direction is learnt; a lower bound where <see cref="KernelSpectrum.IsBound"/>.</summary>
    public double LogSteps => StepsOf(Spectrum);

    /// <summary>The same of one hidden layer.</summary>
    public double LogShallowSteps => StepsOf(ShallowSpectrum);

    /// <summary>The accuracy's 95 % interval.</summary>
    public Interval Interval => Interval.OfShare(Accuracy, Inputs.TestCount);

    /// <summary>Whether the mean predictor is clearly better than chance, and keeps at least half of what one hidden layer is better.</summary>
    public bool Generalizes => Interval.Low > Chance && Accuracy - Chance >= (ShallowAccuracy - Chance) / 2;

    /// <summary>The theory's examples that are most like these.</summary>
    public ModelInputs Like(int positions)
    {
        double correlation = Math.Clamp(Correlation, 0, 0.98);
        return new ModelInputs(Inputs.TrainCount, correlation, Math.Clamp(NeighbourCorrelation, correlation + 0.01, 0.999), positions);
    }

    /// <summary>Computes kernels of two depths, and solves with them.</summary>
    /// <param name="layers">The network of a depth.</param>
    /// <param name="depth">The depth asked for.</param>
    /// <param name="inputs">Examples with labels.</param>
    /// <param name="shape">An example's shape.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">A kernel is not finite, or a quadrature did not converge.</exception>
    public static TrainabilityOnData Of(
        Func<int, LayeredNetwork> layers, int depth, KernelInputs inputs, ImageShape shape, Action<double> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<int> labels = inputs.TrainLabels!;
        Tensor examples = tensor(inputs.Train, [inputs.TrainCount, inputs.Dimensions]);
        Tensor unit = nn.functional.normalize(examples);
        Tensor cosines = unit.mm(unit.t());
        double count = inputs.TrainCount;
        double correlation = (cosines.sum().item<double>() - count) / (count * (count - 1));
        using Scalar apart = 2.0;
        double neighbour = (cosines - (apart * eye(inputs.TrainCount, dtype: ScalarType.Float64))).amax([1]).mean().item<double>();
        (KernelSpectrum shallowSpectrum, double shallow) = Measured(1, 0);
        (KernelSpectrum spectrum, double accuracy) = depth == 1 ? (shallowSpectrum, shallow) : Measured(depth, 1);
        onProgress(1);
        return new TrainabilityOnData(
            inputs, correlation, neighbour, spectrum, shallowSpectrum, accuracy, shallow, labels.GroupBy(label => label).Max(group => group.Count()) / count);

        (KernelSpectrum Spectrum, double Accuracy) Measured(int hidden, int before)
        {
            using var each = NewDisposeScope();
            LayeredNetwork network = layers(hidden);
            var kernels = new KernelTensors(inputs.TrainCount, inputs.TestCount);
            KernelTiling.Run(
                network.Blocks<double>(inputs.Train, shape), network.Blocks<double>(inputs.Test, inputs.Train, shape), Tile, null, kernels.Take,
                share => onProgress((before + (share * hidden)) / (1 + depth)), cancellation);
            using var dynamics = new KernelDynamics(kernels.Train, KernelTensors.Targets(labels, inputs.Classes), LossNormalization.Sum);
            return (dynamics.Spectrum, KernelTensors.Accuracy(dynamics.Test(kernels.Test!, double.PositiveInfinity), inputs.TestLabels!));
        }
    }

    private static double StepsOf(KernelSpectrum spectrum) => Trainability.LogSteps(spectrum.Log10ConditionNumber * Math.Log(10), TrainabilityReport.Left);
}
