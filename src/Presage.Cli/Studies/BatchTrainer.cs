using Presage.Examples;
using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>How a network is trained: gradient descent with a constant step, in mini-batches or on all examples at once.</summary>
/// <param name="Batch">Examples a step; the whole training set, or more, for full-batch gradient descent.</param>
/// <param name="LearningRate">Step size.</param>
/// <param name="Seed">Seed of the order of the examples.</param>
/// <param name="Rule">How a step's gradient is made of its batch's examples; null for plain SGD.</param>
/// <param name="Momentum">Share of the last step that the next one keeps, in [0, 1).</param>
/// <param name="WeightDecay">What is added to the rule's gradient, times the weights.</param>
/// <param name="KeepsRest">Whether what is left of a pass, less than a batch, is a step of its own; else it is left out.</param>
internal sealed record BatchPlan(
    int Batch,
    double LearningRate,
    int Seed,
    StepRuleChoice? Rule = null,
    double Momentum = 0,
    double WeightDecay = 0,
    bool KeepsRest = true);

/// <summary>A network in training on examples in memory. Full-batch gradient descent takes them in their order, all else in a new random order a pass.</summary>
internal sealed class BatchTrainer : IDisposable
{
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly PerExampleLoss _loss;
    private readonly BatchPlan _plan;
    private readonly optim.Optimizer _optimizer;
    private readonly StepRule _rule;
    private readonly BatchOrder? _order;
    private readonly ExampleRecorder? _recorder;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="inputs">Inputs (n, …); remain the caller's.</param>
    /// <param name="targets">Labels or targets (n, …); remain the caller's.</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="recorder">Sees each batch's outputs before its step, with labels for targets; null for none.</param>
    /// <exception cref="ArgumentException">
    /// The rule is unknown, or a number of the plan is out of its range, or examples are to be recorded under a rule that takes them through the network more
    /// than once.
    /// </exception>
    public BatchTrainer(
        nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, BatchPlan plan, ExampleRecorder? recorder = null)
    {
        if (recorder is not null && plan.Rule is { TakesPercent: true })
        {
            throw new ArgumentException($"Expected a rule that sees each example once a step, but got {plan.Rule.Name}.", nameof(plan));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(plan.Batch, nameof(plan));
        (_inputs, _targets, _loss, _plan, _recorder) = (inputs, targets, loss, plan, recorder);
        int examples = (int)inputs.shape[0];
        _rule = StepRule.Of(plan.Rule ?? new StepRuleChoice(), model);
        _order = plan.Batch >= examples ? null : new BatchOrder(examples, plan.Batch, plan.Seed, plan.KeepsRest);
        _optimizer = optim.SGD(model.parameters(), plan.LearningRate, plan.Momentum, weight_decay: plan.WeightDecay);
    }

    /// <summary>Steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>Steps of a pass over the examples.</summary>
    public int StepsPerEpoch => _order?.StepsPerEpoch ?? 1;

    /// <summary>Passes over the examples so far, with fraction.</summary>
    public double Epoch => (double)Step / StepsPerEpoch;

    /// <summary>Mean loss of the last step's batch, before that step; null before the first.</summary>
    public double? BatchLoss { get; private set; }

    /// <summary>Trains for so many more passes, calling <paramref name="onStep"/> after each step.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public void TrainEpochs(int epochs, Action? onStep = null, CancellationToken cancellation = default) =>
        AdvanceTo(Step + (long)epochs * StepsPerEpoch, onStep, cancellation);

    /// <summary>Trains on until <paramref name="step"/> steps have been taken, calling <paramref name="onStep"/> after each.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public void AdvanceTo(long step, Action? onStep = null, CancellationToken cancellation = default)
    {
        while (Step < step)
        {
            cancellation.ThrowIfCancellationRequested();
            TakeStep(cancellation);
            onStep?.Invoke();
        }
    }

    public void Dispose() => _optimizer.Dispose();

    private void TakeStep(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        int[]? batch = _order is null ? null : [.. _order.Next()];
        var (inputs, targets) = Of(batch);
        double loss = _rule.Backward(inputs, targets, _recorder is null ? _loss : Recorded(batch), cancellation);
        if (!double.IsFinite(loss))
        {
            throw new NumericalException($"The training loss is {loss}: the network has diverged.");
        }

        _optimizer.step();
        BatchLoss = loss;
        Step++;
    }

    private (Tensor Inputs, Tensor Targets) Of(int[]? batch)
    {
        if (batch is null)
        {
            return (_inputs, _targets);
        }

        TensorIndex index = TensorIndex.Tensor(tensor([.. batch.Select(i => (long)i)], device: _inputs.device));

        // Unlike index_select, an index keeps the channels innermost.
        return (_inputs[index], _targets[index]);
    }

    // A rule asks for the losses of a batch's examples part after part, in their order.
    private PerExampleLoss Recorded(int[]? batch)
    {
        int seen = 0;
        return (outputs, targets) =>
        {
            int[] part = [.. Enumerable.Range(seen, (int)outputs.shape[0]).Select(i => batch is null ? i : batch[i])];
            seen += part.Length;
            _recorder!.Observe(part, outputs, targets);
            return _loss(outputs, targets);
        };
    }
}
