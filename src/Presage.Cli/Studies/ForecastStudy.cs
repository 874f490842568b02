using Presage.Kernels;
using Presage.Models;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>A forecast beside what other ways to foretell say.</summary>
/// <param name="Data">Name of the data set.</param>
/// <param name="Model">Name of the network.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="LabelNoise">Share of the labels drawn anew.</param>
/// <param name="WrongShare">Share of the labels that are wrong.</param>
/// <param name="Forecast">The forecast.</param>
/// <param name="Nearest">Accuracy and number k of nearest neighbours.</param>
/// <param name="InfiniteWidth">What the tangent kernel of the same layers, infinitely wide and without biases, foretells; null for networks with convolutions.</param>
internal sealed record ForecastReport(
    string Data,
    string Model,
    long Parameters,
    double LabelNoise,
    double WrongShare,
    GeneralizationForecast Forecast,
    (double Accuracy, int Neighbours) Nearest,
    double? InfiniteWidth);

/// <summary>Foretells a network's test accuracy from its training examples.</summary>
internal static class ForecastStudy
{
    /// <summary>Makes the networks, none of which is trained.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="data">The training examples, with their noise.</param>
    /// <param name="device">Where gradients are computed.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BadInputException">An option does not fit the network, or it the examples.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public static ForecastReport Run(ForecastOptions options, LabelsData data, Device device, Action<double> onProgress, CancellationToken cancellation)
    {
        if (data.Train.Count < 3)
        {
            throw new BadInputException($"--train asks for {data.Train.Count} examples, but a forecast needs at least 3.");
        }

        using var examples = new ExampleTensors(data.Train, device);
        var random = new SeededRandom(options.Training.Seed);
        long parameters = 0;
        var forecast = GeneralizationForecast.Of(Make, options.Initializations, examples.Inputs, examples.Targets, onProgress, cancellation);
        return new ForecastReport(
            data.Name,
            ModelChoice.Name(options.Training, data.Train),
            parameters,
            options.Training.LabelNoise,
            data.WrongShare,
            forecast,
            NearestNeighbours.LeaveOneOut(examples.Inputs, examples.Targets),
            ModelChoice.Spec(options.Training, data.Train) is { } spec && !string.Equals(spec.Model, NetworkSpec.Cnn, StringComparison.Ordinal)
                ? InfiniteWidth(spec.Hidden.Count, data.Train.Inputs, examples.Targets)
                : null);

        nn.Module<Tensor, Tensor> Make(int initialization)
        {
            int seed = initialization == 0 ? options.Training.Seed : random.Derive(FormattableString.Invariant($"initialization {initialization}")).NextInt(int.MaxValue);
            nn.Module<Tensor, Tensor> model = ModelChoice.Make(options.Training with { Seed = seed }, data.Train);
            parameters = model.parameters().Sum(parameter => parameter.numel());
            return model;
        }
    }

    /// <summary>What the tangent kernel of an infinitely wide ReLU network without biases foretells: of those σ_w² sets the kernel's size alone.</summary>
    /// <param name="hidden">Its hidden layers.</param>
    /// <param name="inputs">Training examples (n, d), row-major.</param>
    /// <param name="targets">Their labels (n).</param>
    public static double InfiniteWidth(int hidden, IEnumerable<float> inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        double[] wide = [.. inputs.Select(value => (double)value)];
        KernelMatrix<double> matrix = new FullyConnected(Activations.Relu, hidden, 2, 0).Matrix<double>(wide, (int)targets.shape[0]);
        return GeneralizationForecast.LeaveOneOutAccuracy(tensor(matrix.Values, [matrix.Rows, matrix.Columns]), targets);
    }
}
