using Presage.Gradients;
using Presage.Robust;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>How a step's gradient is made of its batch's examples.</summary>
/// <param name="Name">One of <see cref="StepRule.Names"/>.</param>
/// <param name="Percent">c of wsgd and trimmed, from 0 to 50.</param>
/// <param name="MicroBatches">k of m3 and a3, at least 3.</param>
internal sealed record StepRuleChoice(string Name = StepRule.Sgd, double Percent = 8, int MicroBatches = 3)
{
    /// <summary>Whether it has a percentage: the examples held down at each end of each coordinate.</summary>
    public bool TakesPercent => Name is StepRule.Wsgd or StepRule.Trimmed;

    /// <summary>Whether it cuts the batch into micro-batches.</summary>
    public bool TakesMicroBatches => Name is StepRule.M3 or StepRule.A3;

    /// <summary>Examples of the smallest batch in which the rule does what it says: one a micro-batch, or so many that one at each end is held down.</summary>
    public int LeastBatch => this switch
    {
        { TakesMicroBatches: true } => MicroBatches,
        { TakesPercent: true, Percent: > 0 } => (int)Math.Min(int.MaxValue, Math.Ceiling(100 / Percent - 1e-9)),
        _ => 1,
    };
}

/// <summary>A backward pass over a batch by some rule; the step is the optimizer's.</summary>
internal abstract class StepRule
{
    public const string Sgd = "sgd";
    public const string Wsgd = "wsgd";
    public const string M3 = "m3";
    public const string A3 = "a3";
    public const string Trimmed = "trimmed";

    public static readonly string[] Names = [Sgd, Wsgd, M3, A3, Trimmed];

    /// <summary>The rule of the given name for a network, which remains the caller's.</summary>
    /// <exception cref="ArgumentException">There is no such rule, or a number is out of its range.</exception>
    public static StepRule Of(StepRuleChoice choice, nn.Module<Tensor, Tensor> model) => choice.Name switch
    {
        Sgd => new MeanRule(model),
        Wsgd => new ExampleRule(new WinsorizedGradients(model, choice.Percent)),
        Trimmed => new ExampleRule(new TrimmedGradients(model, choice.Percent)),
        M3 => new MicroBatchRule(model, new MedianOfMeans(choice.MicroBatches)),
        A3 => new MicroBatchRule(model, new MeanOfMeans(choice.MicroBatches)),
        _ => throw new ArgumentException($"'{choice.Name}' is unknown: {NearestName.Hint(choice.Name, Names)}", nameof(choice)),
    };

    /// <summary>Leaves the batch's gradient in each parameter's <c>grad</c>, in place of what is there; returns the mean loss.</summary>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="targets">Labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ArgumentException">There are fewer examples than micro-batches, or no example has a gradient of its own.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite; plain SGD returns such a loss instead.</exception>
    public abstract double Backward(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default);

    /// <summary>The gradient of the mean loss.</summary>
    private sealed class MeanRule(nn.Module<Tensor, Tensor> model) : StepRule
    {
        // Examples that go through the network at a time: a large batch is summed over chunks, so that memory does not grow with it.
        private const int Chunk = 500;

        public override double Backward(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default)
        {
            model.zero_grad();
            double meanLoss = 0;
            long count = inputs.shape[0];
            using Scalar divisor = count;
            for (long start = 0; start < count; start += Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                using var chunk = NewDisposeScope();
                long length = Math.Min(Chunk, count - start);
                Tensor share = loss(model.call(inputs.narrow(0, start, length)), targets.narrow(0, start, length)).sum() / divisor;
                share.backward();
                meanLoss += share.to(ScalarType.Float64).item<double>();
            }

            return meanLoss;
        }
    }

    private sealed class ExampleRule(PerExampleGradients gradients) : StepRule
    {
        public override double Backward(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default)
        {
            cancellation.ThrowIfCancellationRequested();
            return gradients.Backward(inputs, targets, loss);
        }
    }

    /// <summary>The batch cut, in its order, into k micro-batches whose sizes differ by one at most.</summary>
    private sealed class MicroBatchRule(nn.Module<Tensor, Tensor> model, MicroBatchGradients gradients) : StepRule
    {
        public override double Backward(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default)
        {
            long count = inputs.shape[0];
            int parts = gradients.MicroBatches;
            if (count < parts)
            {
                throw new ArgumentException($"Expected at least {parts} examples, one a micro-batch, but got {count}.", nameof(inputs));
            }

            using var scope = NewDisposeScope();
            return gradients.Backward(model.parameters(), i =>
            {
                cancellation.ThrowIfCancellationRequested();
                long start = count * i / parts;
                long length = count * (i + 1) / parts - start;
                return loss(model.call(inputs.narrow(0, start, length)), targets.narrow(0, start, length)).mean();
            });
        }
    }
}
