using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Exact per-example gradient statistics of a network at about the cost of a training step: one forward pass, one backward pass to the layers'
/// outputs, and for each layer the sums over examples from its inputs and deltas, without storing a gradient an example where the algebra allows.
/// Works through the sample in chunks under a memory budget; sums are float64.
/// </summary>
/// <remarks>
/// <para>
/// Closed forms: Linear, Bilinear, Conv and ConvTranspose in 1 to 3 dimensions, Embedding, EmbeddingBag, LayerNorm, RMSNorm, GroupNorm, InstanceNorm,
/// BatchNorm in evaluation mode, PReLU, RNN, LSTM, GRU, MultiheadAttention, TransformerEncoderLayer and TransformerEncoder, however often they are
/// called and whichever parameters they share. A parameter in a field of a model's own module, or a layer's output, that is the same for all examples
/// is given to each as a copy where the model computes the same with copies, as it does where they broadcast. Whatever else is trained is measured
/// exactly, but a single such parameter makes the whole model run one example at a time, about 20 to 60 times an ordinary step in small networks.
/// <see cref="Coverage"/> says which it was. A frozen parameter is left out.
/// </para>
/// <para>
/// With batch normalization in training mode no example has a gradient of its own: the statistics are then those of the mean gradients of
/// mini-batches, and say so (<see cref="GradientStatistics.IsImputed"/>).
/// </para>
/// <para>
/// Nothing in the model changes: weights, gradients, buffers and the random number generator of the CPU are what they were. How to measure is tried on
/// the first three examples against automatic differentiation; of later ones it is checked that layers are called, outputs are laid out and gradients
/// stay zero as they were there. A probe keeps its plan from one measurement to the next, as long as the model's modules, modes and parameters, the
/// loss delegate and the inputs' shape are the same: take a new probe where the same delegate or model starts to compute something else. It is not safe
/// for use by several threads.
/// </para>
/// </remarks>
/// <param name="model">The network, measured in the mode (training or evaluation) it is in.</param>
/// <param name="options">What to compute, and in how much memory.</param>
public sealed partial class GradientProbe(nn.Module model, ProbeOptions? options = null)
{
    // On the CPU gradients are formed in blocks of about this size: larger ones spend their time in fresh memory pages, smaller ones in calls.
    private const long FastBlock = 8L << 20;

    private readonly ProbeOptions _options = options ?? new ProbeOptions();
    private readonly SumArrays _arrays = new();
    private ProbePlan? _plan;

    private long MemoryBudget => _options.BudgetFor(model);

    private long BlockBytes => Math.Min(MemoryBudget / 2, FullPrecision.IsOnGpu(model) ? long.MaxValue : FastBlock);

    /// <summary>How each trainable parameter was measured last, and why so; empty before the first measurement.</summary>
    public IReadOnlyList<ParameterCoverage> Coverage => _plan?.Coverage ?? [];

    /// <summary>Measures every trainable parameter of the model on a sample.</summary>
    /// <param name="inputs">Inputs (m, …).</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <exception cref="ArgumentException">
    /// The sample is empty, inputs and targets are not one an example, the loss is not one number an example, the examples of a batch are mixed by something
    /// other than batch normalization, or there is nothing to measure.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model does not map one tensor to one, and inputs were given.</exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public GradientStatistics Measure(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default) =>
        Measure(Losses.ExamplesOf(inputs, targets), LossesOf(inputs, targets, loss), QuestionOf(inputs, loss), cancellation);

    /// <summary>
    /// Gives the memory of a result back, which the next measurement then uses: worth it where a network is measured at every step. The result must
    /// not be used any more.
    /// </summary>
    /// <param name="statistics">A result of this probe that nobody needs any more.</param>
    public void Recycle(GradientStatistics statistics) => _arrays.Keep(statistics);

    /// <summary>Measures every trainable parameter of a model of any shape on a sample.</summary>
    /// <param name="examples">Number of examples m, at least 1.</param>
    /// <param name="lossesOf">
    /// Runs the model on the examples from the first number to before the second and returns their losses, one an example; run several times.
    /// </param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <inheritdoc cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)" path="/exception"/>
    public GradientStatistics Measure(int examples, Func<int, int, Tensor> lossesOf, CancellationToken cancellation = default) =>
        Measure(examples, lossesOf, lossesOf, cancellation);

    private GradientStatistics Measure(int examples, Func<int, int, Tensor> lossesOf, object question, CancellationToken cancellation) =>
        Planned(examples, lossesOf, question, (plan, losses) => plan.IsImputed
            ? MiniBatches.Measure(plan.Parameters, examples, losses, _options with { MemoryBudget = MemoryBudget }, cancellation)
            : Measure(plan, examples, losses, cancellation));

    private GradientStatistics Measure(ProbePlan plan, int examples, LossesOfExamples lossesOf, CancellationToken cancellation)
    {
        int chunk = ChunkOf(plan, examples);
        var sums = new SampleSums(plan.Parameters, examples, _options, BlockBytes, _arrays);
        using var passes = new ProbePasses(plan, lossesOf);

        // The first pass sums; the second, which needs the sum, takes each example's inner product with it. One chunk is kept in between,
        // several are computed again, from the same random numbers.
        for (int start = 0; start < examples; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunkScope = NewDisposeScope();
            ChunkUses uses = passes.Run(chunkScope, start, Math.Min(start + chunk, examples));
            sums.Add(uses);
            if (chunk >= examples && _options.InnerProducts)
            {
                sums.AddInnerProducts(uses);
                return sums.ToStatistics();
            }
        }

        if (_options.InnerProducts)
        {
            passes.Rewind();
            for (int start = 0; start < examples; start += chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                using var chunkScope = NewDisposeScope();
                sums.AddInnerProducts(passes.Run(chunkScope, start, Math.Min(start + chunk, examples)));
            }
        }

        return sums.ToStatistics();
    }

    private Func<int, int, Tensor> LossesOf(Tensor inputs, Tensor targets, PerExampleLoss loss) => model is nn.Module<Tensor, Tensor> network
        ? (start, end) => loss(network.call(inputs[start..end]), targets[start..end])
        : throw new InvalidOperationException(
            $"{model.GetName()} does not map one tensor to one: use the overload that takes a function from examples to losses.");

    // Examples a pass. The other half of the budget is for gradients, or for a second pass beside the first.
    private int ChunkOf(ProbePlan plan, int examples) =>
        plan.Fallback.Count > 0 ? 1 : (int)Math.Clamp(MemoryBudget / 2 / plan.BytesPerExample, 1, examples);

    private static object QuestionOf(Tensor inputs, PerExampleLoss loss) => (loss, string.Join(',', inputs.shape.Skip(1)));

    // Nothing that is done by the plan leaves a trace in the model or the generator. The plan is kept for as long as the same question is asked: the
    // same loss, on inputs of the same shape.
    private T Planned<T>(int examples, Func<int, int, Tensor> lossesOf, object question, Func<ProbePlan, LossesOfExamples, T> measure)
    {
        if (examples < 1)
        {
            throw new ArgumentException($"Expected at least one example, but got {examples}.", nameof(examples));
        }

        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        using var state = new PreservedState(model);
        using var precision = new FullPrecision(model);
        LossesOfExamples losses = new(lossesOf);
        ProbePlan? plan = _plan?.Holds(model, examples, question) == true ? _plan : null;
        state.Preserve(plan?.Renormalized ?? []);
        for (bool isNew = plan is null; ; isNew = true)
        {
            try
            {
                _plan = plan ??= ProbePlan.Of(model, examples, losses, state, question);
                state.Rewind();
                return measure(plan, losses);
            }
            catch (PlanBrokenException broken) when (isNew)
            {
                plan!.LeaveToFallback(broken.Parameters, broken.Message);
            }
            catch (PlanBrokenException)
            {
                plan = null;
            }
        }
    }
}
