using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>A model with what it is measured on. Measuring leaves the model, its gradients and the random number generator as they were.</summary>
internal sealed class MonitoredModel : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly PerExampleLoss _loss;
    private readonly MonitorOptions _options;
    private readonly GradientProbe _probe;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets)? _test;
    private NormalizedLossWatch? _normalization;
    private int? _classes;

    /// <summary>Why there is no normalized loss, once something has been measured; null where there is.</summary>
    public string? NormalizedLossRefusal => _normalization is null ? null : _normalization.Refusal ?? (_classes is null ? NormalizedLossWatch.NoClasses : null);

    /// <summary>Hears the statistics of each measurement, whose gradients are those of the probe's examples, group after group where there are groups.</summary>
    public Action<GradientStatistics>? OnStatistics { get; set; }

    public MonitoredModel(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, MonitorOptions options)
    {
        if (inputs.dim() == 0 || targets.dim() == 0 || inputs.shape[0] == 0 || inputs.shape[0] != targets.shape[0])
        {
            throw new ArgumentException(
                $"Expected as many probe targets as probe inputs and at least one, but they have shapes ({string.Join(", ", inputs.shape)}) and ({string.Join(", ", targets.shape)}).",
                nameof(inputs));
        }

        options.Check(inputs.shape[0]);
        (_model, _loss, _options) = (model, loss, options);
        _probe = new GradientProbe(model, options.Probe);

        // Views of its own, so that the monitor outlives the dispose scope that the caller's tensors were made in.
        _train = options.Groups is { } groups ? (Ordered(inputs, groups), Ordered(targets, groups)) : (Own(inputs), Own(targets));
        _test = options.TestInputs is { } testInputs ? (Own(testInputs), Own(options.TestTargets!)) : null;
    }

    /// <summary>Measures losses and per-example gradients.</summary>
    /// <exception cref="ArgumentException">A parameter is not covered, or the loss is not one number an example.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public MeasuringPoint Measure(long step, double? epoch)
    {
        using var state = new ModelState(_model);
        _model.eval();
        _normalization ??= new NormalizedLossWatch(_model, _train.Inputs);
        double? logNorm = _normalization.LogNorm();
        Evaluation train = Evaluate(_train, logNorm);
        if (!double.IsFinite(train.Loss))
        {
            throw new NumericalException($"At step {step} the mean loss on the probe examples is {train.Loss}: the network has diverged.");
        }

        _classes = train.Classes;
        Evaluation? test = _test is { } examples ? Evaluate(examples, logNorm) : null;
        IReadOnlyList<Evaluation> ofGroups = GroupMeasuring.Evaluate(_options.Groups, (start, end) => Evaluate((_train.Inputs[start..end], _train.Targets[start..end]), null));
        if (_options.MeasureInTrainingMode)
        {
            state.RestoreModes();
        }

        var (statistics, groups) = GroupMeasuring.Measure(_probe, _train.Inputs, _train.Targets, _loss, _options.Groups, ofGroups);
        OnStatistics?.Invoke(statistics);
        var (network, layers) = GradientMeasures.Of(statistics, _options.TrainExamples ?? statistics.Examples);
        return new MeasuringPoint(
            step,
            epoch ?? (double)step / ((_options.TrainExamples + _options.Batch - 1) / _options.Batch),
            train.Loss,
            train.Accuracy,
            test is not null && double.IsFinite(test.Loss) ? test.Loss : null,
            test?.Accuracy,
            train.NormalizedLoss,
            test?.NormalizedLoss,
            OfKnownSize(network),
            [.. layers.Select(OfKnownSize)],
            _test is { Inputs: var testInputs, Targets: var testTargets } ? TestCarryOver.Measure(_probe, statistics, testInputs, testTargets, _loss) : null,
            groups,
            NormalizedTrainExcess: train.NormalizedExcess,
            NormalizedTestExcess: test?.NormalizedExcess);
    }

    /// <summary>What is known of the training; the number of classes once something has been measured.</summary>
    public RunSetup Setup() => new(
        _options.Data,
        _options.Model ?? _model.GetName(),
        Architecture.Of(_model),
        _model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()),
        _options.TrainExamples,
        (int)_train.Inputs.shape[0],
        (int)(_test?.Inputs.shape[0] ?? 0),
        _classes,
        null,
        null,
        _options.Epochs,
        _options.Batch,
        _options.LearningRate,
        _options.Seed,
        (int)_train.Inputs.shape[0],
        _train.Inputs.device_type.ToString().ToLowerInvariant(),
        _options.LossName ?? (Is(Losses.CrossEntropy) ? "cross-entropy, nats" : Is(Losses.SquaredError) ? "squared error" : "own loss"),
        _options.ConstantPredictionLoss ?? ConstantPredictionLoss(),
        new MonitorSetup(_options.OverheadBudget, _options.MeasureInTrainingMode));

    public void Dispose()
    {
        foreach (var (inputs, targets) in _test is { } test ? [_train, test] : new[] { _train })
        {
            inputs.Dispose();
            targets.Dispose();
        }
    }

    private static Tensor Own(Tensor tensor) => tensor.detach().DetachFromDisposeScope();

    private static Tensor Ordered(Tensor tensor, ExampleGroups groups)
    {
        using var scope = NewDisposeScope();
        return GroupMeasuring.Ordered(tensor.detach(), groups).DetachFromDisposeScope();
    }

    private bool Is(PerExampleLoss known) => _loss == known;

    private GradientMeasures OfKnownSize(GradientMeasures measures) =>
        _options.TrainExamples is null ? measures with { OsgrPredicted = null } : measures;

    private Evaluation Evaluate((Tensor Inputs, Tensor Targets) examples, double? logNorm) =>
        Evaluation.Of(_model, examples.Inputs, examples.Targets, _loss, _options.EvaluationBatch, logNorm);

    private double? ConstantPredictionLoss()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor targets = _train.Targets.cpu();
        return Is(Losses.CrossEntropy) && targets.dtype == ScalarType.Int64
            ? ConstantPrediction.CrossEntropy([.. targets.data<long>().Select(label => (int)label)])
            : Is(Losses.SquaredError)
                ? targets.to(ScalarType.Float64).reshape(targets.shape[0], -1).var(0, unbiased: false).sum().item<double>()
                : null;
    }
}
