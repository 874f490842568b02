using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// A network trained on a training set by gradient descent on all of it. With batch normalization, both losses are taken with the means and variances of
/// the training set (document 001, appendix A.2), and the examples' gradients with these held fixed, which the document cannot take into account either.
/// </summary>
internal sealed class Replica : IDisposable
{
    // What stays in the processor's cache is fastest.
    private const int Chunk = 128;
    private const int ExactChunk = 32;

    private static readonly ProbeOptions SumsOnly = new(Signs: false, InnerProducts: false);

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly nn.Module<Tensor, Tensor> _exact;
    private readonly Tensor[] _parameters;
    private readonly Tensor[] _exactParameters;
    private readonly BatchNorm2d[] _exactNorms;
    private readonly BatchNorm2d[] _norms;
    private readonly GradientProbe _probe;
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly PerExampleLoss _loss;
    private readonly Scalar _step;
    private readonly Scalar _measuredStep;

    /// <param name="make">Makes the network, the same at every call.</param>
    /// <param name="train">The training set.</param>
    /// <param name="loss">The loss of an example.</param>
    /// <param name="learningRate">Learning rate λ.</param>
    /// <param name="measuredRate">That of the step which is measured and not taken; null for the same.</param>
    public Replica(Func<nn.Module<Tensor, Tensor>> make, ExampleSet train, PerExampleLoss loss, double learningRate, double? measuredRate = null)
    {
        _model = make();
        _exact = make().to(ScalarType.Float64);
        _parameters = [.. _model.parameters()];
        _exactParameters = [.. _exact.parameters()];
        _norms = [.. _model.modules().OfType<BatchNorm2d>()];
        _exactNorms = [.. _exact.modules().OfType<BatchNorm2d>()];
        foreach (BatchNorm2d norm in _norms.Concat(_exactNorms))
        {
            norm.momentum = 1;
        }

        _probe = new GradientProbe(_model, SumsOnly);
        (_inputs, _targets) = Tensors(train);
        _loss = loss;
        _step = -learningRate;
        _measuredStep = -(measuredRate ?? learningRate);
    }

    /// <summary>Inputs with the channels innermost, as libtorch's pooling is fastest, and targets.</summary>
    public static (Tensor Inputs, Tensor Targets) Tensors(ExampleSet examples)
    {
        using var scope = NewDisposeScope();
        using var tensors = new ExampleTensors(examples, CPU);
        Tensor inputs = tensors.Inputs.dim() == 4 ? tensors.Inputs.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : tensors.Inputs.alias();
        return (inputs.DetachFromDisposeScope(), tensors.Targets.alias().DetachFromDisposeScope());
    }

    /// <summary>Takes a step on the whole training set.</summary>
    public void Step(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Tensor[] gradient = Gradient(cancellation);
        Move(_parameters, gradient, _step);
    }

    /// <summary>Measures the step that would come next, and leaves the network where it is.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public OneStep Measure((Tensor Inputs, Tensor Targets) test, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Tensor[] gradient = Gradient(cancellation);
        using (no_grad())
        {
            foreach (var (exact, single) in _exactParameters.Zip(_parameters))
            {
                exact.copy_(single);
            }
        }

        var (trainBefore, testBefore) = Losses(test, cancellation);
        Move(_exactParameters, gradient, _measuredStep);
        var (trainAfter, testAfter) = Losses(test, cancellation);

        Adopt(_model, _norms, _inputs, ScalarType.Float32);
        GradientStatistics statistics = _probe.Measure(_inputs, _targets, _loss, cancellation);
        _model.train();
        TrainingSetMoments moments = TrainingSetMoments.Of(statistics);
        GsnrMeasure gsnr = Gsnr.Of(statistics);
        return new OneStep(
            trainBefore, testBefore, trainBefore - trainAfter, testBefore - testAfter, moments.SquaredGradient, moments.Variance, gsnr.Mean, gsnr.Debiased);
    }

    public void Dispose()
    {
        _model.Dispose();
        _exact.Dispose();
        _inputs.Dispose();
        _targets.Dispose();
        _step.Dispose();
        _measuredStep.Dispose();
    }

    private (double Train, double Test) Losses((Tensor Inputs, Tensor Targets) test, CancellationToken cancellation)
    {
        Adopt(_exact, _exactNorms, _inputs, ScalarType.Float64);
        return (MeanLoss(_inputs, _targets, cancellation), MeanLoss(test.Inputs, test.Targets, cancellation));
    }

    /// <summary>Goes into evaluation mode with the means and variances of the training set.</summary>
    private static void Adopt(nn.Module<Tensor, Tensor> model, BatchNorm2d[] norms, Tensor inputs, ScalarType type)
    {
        if (norms.Length > 0)
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            model.train();
            _ = model.call(inputs.to(type));
        }

        model.eval();
    }

    private double MeanLoss(Tensor inputs, Tensor targets, CancellationToken cancellation)
    {
        using var grad = no_grad();
        double sum = 0;
        for (int start = 0; start < inputs.shape[0]; start += ExactChunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int end = (int)Math.Min(start + ExactChunk, inputs.shape[0]);
            sum += _loss(_exact.call(inputs[start..end].to(ScalarType.Float64)), OfType(targets[start..end])).sum().item<double>();
        }

        double mean = sum / inputs.shape[0];
        return double.IsFinite(mean) ? mean : throw new NumericalException($"The loss is {mean}: the network has diverged.");
    }

    private static Tensor OfType(Tensor targets) => targets.is_floating_point() ? targets.to(ScalarType.Float64) : targets;

    // Batch normalization needs all examples at once; without it, chunks that stay in the processor's cache are faster.
    private Tensor[] Gradient(CancellationToken cancellation)
    {
        int examples = (int)_inputs.shape[0];
        int chunk = _norms.Length > 0 ? examples : Chunk;
        using Scalar count = (double)examples;
        _model.zero_grad();
        for (int start = 0; start < examples; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int end = Math.Min(start + chunk, examples);
            (_loss(_model.call(_inputs[start..end]), _targets[start..end]).sum() / count).backward();
        }

        return [.. _parameters.Select(p => p.grad!)];
    }

    private static void Move(Tensor[] parameters, Tensor[] gradient, Scalar step)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        foreach (var (parameter, slope) in parameters.Zip(gradient))
        {
            parameter.add_(slope.to(parameter.dtype) * step);
        }
    }
}
