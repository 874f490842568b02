using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>
/// The test accuracy that a network will reach, foretold before it is trained and without a test set: how many training labels kernel regression with its tangent kernel at
/// initialization gets right of examples that it leaves out. It is an accuracy on labels drawn as the training labels are, with their noise.
/// </summary>
/// <remarks>
/// In the limit of infinite width a network trained to the end on squared error is that regression (document 004). A network of finite width learns features, which the
/// kernel at initialization does not know: the forecast is of what its start can do. Of a trained network it would be wrong, as its kernel has seen the labels.
/// </remarks>
/// <param name="Accuracy">Mean over the initializations, in [0, 1].</param>
/// <param name="Interval">
/// 95 % interval of the accuracy of one network so trained: the sampling error of as many labels as there are examples, and the spread over initializations, which counts as
/// if there were fewer examples.
/// </param>
/// <param name="Chance">Share of the most frequent label: the accuracy of the best constant answer.</param>
/// <param name="Initializations">The accuracy foretold from each.</param>
/// <param name="Examples">Number of examples n.</param>
public sealed record GeneralizationForecast(double Accuracy, Interval Interval, double Chance, IReadOnlyList<double> Initializations, int Examples)
{
    /// <summary>λ relative to the mean of the kernel's diagonal.</summary>
    public const double RelativeRidge = 1e-4;

    // Of what is left above chance, which the lower end of an interval exceeds; set by hand. Networks as they are initialized answer by a few clusters, which match some labels.
    private const double LargestUntrained = 0.25;

    /// <summary>Foretells from one network after another.</summary>
    /// <param name="make">Makes the network anew, from the number of the initialization, from 0.</param>
    /// <param name="initializations">How many, at least 1; the interval knows of no spread with 1.</param>
    /// <param name="inputs">Training inputs (n, …).</param>
    /// <param name="labels">Training labels (n), int64, from 0.</param>
    /// <param name="onProgress">Hears the share that is done; null for nobody.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ArgumentException">There are fewer than two classes or three examples, shapes do not fit, or the network has been trained on these labels.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static GeneralizationForecast Of(
        Func<int, nn.Module<Tensor, Tensor>> make, int initializations, Tensor inputs, Tensor labels, Action<double>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(initializations, 1);
        var accuracies = new double[initializations];
        for (int i = 0; i < initializations; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using nn.Module<Tensor, Tensor> model = make(i);
            model.to(inputs.device);
            accuracies[i] = LeaveOneOutAccuracy(model, inputs, labels, cancellation);
            onProgress?.Invoke((i + 1.0) / initializations);
        }

        int examples = (int)inputs.shape[0];
        double mean = accuracies.Average();
        double spread = initializations > 1 ? accuracies.Sum(each => (each - mean) * (each - mean)) / (initializations - 1) : 0;
        double sampling = mean * (1 - mean);
        double likeExamples = spread > 0 ? sampling / ((sampling / examples) + spread) : examples;
        return new GeneralizationForecast(mean, Interval.OfShare(mean, likeExamples), ChanceOf(labels), accuracies, examples);
    }

    /// <summary>Share of the labels that kernel regression with the network's tangent kernel gets right of examples that it leaves out.</summary>
    /// <inheritdoc cref="Of" path="/exception"/>
    /// <param name="model">The network as it was initialized.</param>
    /// <param name="inputs">Training inputs (n, …).</param>
    /// <param name="labels">Training labels (n), int64, from 0.</param>
    /// <param name="cancellation">Stops it.</param>
    public static double LeaveOneOutAccuracy(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor labels, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        RequireUntrained(model, inputs, labels);
        GramMatrix kernel = EmpiricalKernel.OfSummedOutputs(model, inputs, null, cancellation);
        return LeaveOneOutAccuracy(tensor(kernel.Values.ToArray(), [kernel.Size, kernel.Size]), labels);
    }

    /// <summary>Share of the labels that kernel regression with a given kernel gets right of examples that it leaves out.</summary>
    /// <param name="kernel">K (n, n), symmetric.</param>
    /// <param name="labels">Labels (n), int64, from 0.</param>
    /// <exception cref="ArgumentException">There are fewer than two classes or three examples, or shapes do not fit.</exception>
    /// <exception cref="NumericalException">A value is not finite, or the kernel's diagonal is 0.</exception>
    public static double LeaveOneOutAccuracy(Tensor kernel, Tensor labels)
    {
        using var scope = NewDisposeScope();
        Tensor own = labels.cpu().to(ScalarType.Int64);
        long classes = own.numel() > 2 ? own.max().item<long>() + 1 : 0;
        if (classes < 2)
        {
            throw new ArgumentException($"Expected labels of at least three examples and two classes, but got {own.numel()} of {classes}.", nameof(labels));
        }

        using Scalar uniform = 1.0 / classes;
        Tensor targets = nn.functional.one_hot(own, classes).to(ScalarType.Float64) - uniform;
        double mean = kernel.to(ScalarType.Float64).diagonal().mean().item<double>();
        if (!(mean > 0 && double.IsFinite(mean)))
        {
            throw new NumericalException($"The mean of the kernel's diagonal is {mean}.");
        }

        Tensor predicted = KernelRegression.LeaveOneOut(kernel.cpu(), targets, RelativeRidge * mean);
        return predicted.argmax(1).eq(own).to(ScalarType.Float64).mean().item<double>();
    }

    private static void RequireUntrained(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor labels)
    {
        double right = model.call(inputs).argmax(1).eq(labels).to(ScalarType.Float64).mean().item<double>();
        double chance = ChanceOf(labels);
        if (Interval.OfShare(right, labels.shape[0]).Low > chance + (LargestUntrained * (1 - chance)))
        {
            throw new ArgumentException(
                $"Expected a network as it was initialized, but this one gives {100 * right:0.#} % of the examples their labels: it has been trained, and its kernel has seen the labels.", nameof(model));
        }
    }

    private static double ChanceOf(Tensor labels)
    {
        using var scope = NewDisposeScope();
        return labels.cpu().bincount(null).max().item<long>() / (double)labels.shape[0];
    }
}
