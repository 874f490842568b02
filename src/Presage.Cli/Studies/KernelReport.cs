using Presage.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>What an infinitely wide network's kernel says of a training set.</summary>
/// <param name="Network">The network.</param>
/// <param name="Kind">Which kernel.</param>
/// <param name="Inputs">The examples.</param>
/// <param name="Matrix">The training set's kernel.</param>
/// <param name="Spectrum">Its eigenvalues, over 2^exponent of the matrix.</param>
/// <param name="PredictorAccuracy">Share of the test examples that the mean predictor gives their label; null without labels.</param>
/// <param name="LeaveOneOutAccuracy">Share of the training examples that the others give their label; null without labels.</param>
internal sealed record KernelReport(
    FullyConnected Network, KernelKind Kind, KernelInputs Inputs, KernelMatrix<double> Matrix, KernelSpectrum Spectrum, double? PredictorAccuracy, double? LeaveOneOutAccuracy)
{
    /// <summary>Computes it.</summary>
    /// <param name="network">The network.</param>
    /// <param name="kind">Which kernel.</param>
    /// <param name="inputs">The examples.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public static KernelReport Of(FullyConnected network, KernelKind kind, KernelInputs inputs, Action<double> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        KernelMatrix<double> matrix = network.Matrix<double>(inputs.Train, inputs.TrainCount, kind);
        cancellation.ThrowIfCancellationRequested();
        onProgress(0.4);
        Tensor kernel = tensor(matrix.Values, [matrix.Rows, matrix.Columns]);
        if (inputs.TrainLabels is not { } labels || inputs.TestLabels is not { } answers)
        {
            return new KernelReport(network, kind, inputs, matrix, KernelSpectrum.Of(kernel), null, null);
        }

        Tensor own = tensor([.. labels.Select(label => (long)label)]);
        using Scalar uniform = 1.0 / inputs.Classes;
        Tensor targets = nn.functional.one_hot(own, inputs.Classes).to(ScalarType.Float64) - uniform;
        using var dynamics = new KernelDynamics(kernel, targets, LossNormalization.Sum);
        cancellation.ThrowIfCancellationRequested();
        onProgress(0.7);
        KernelMatrix<double> block = network.Block<double>(inputs.Test, inputs.Train, inputs.TestCount, inputs.TrainCount, kind);
        Tensor predicted = dynamics.Test(tensor(block.Values, [block.Rows, block.Columns]), double.PositiveInfinity);
        double accuracy = predicted.argmax(1).eq(tensor([.. answers.Select(label => (long)label)])).to(ScalarType.Float64).mean().item<double>();
        double leftOut = GeneralizationForecast.LeaveOneOutAccuracy(kernel, own);
        onProgress(1);
        return new KernelReport(network, kind, inputs, matrix, dynamics.Spectrum, accuracy, leftOut);
    }
}
