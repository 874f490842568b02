using Presage.Gradients.Uses;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Blocks of a sample whose passes can be run again and again, each time with the same random numbers: those that a measurement of the sample from
/// its first example to its last draws.
/// </summary>
/// <param name="plan">How to measure.</param>
/// <param name="lossesOf">Runs the model.</param>
/// <param name="examples">Number of examples m.</param>
/// <param name="pass">Examples a pass.</param>
/// <param name="block">Examples a block, one pass or several passes of one example.</param>
internal sealed class ProbeBlocks(ProbePlan plan, LossesOfExamples lossesOf, int examples, int pass, int block) : IDisposable
{
    private readonly ProbePasses _passes = new(plan, lossesOf);

    // The generator's state before each block, kept when it is run for the first time.
    private readonly List<Tensor> _random = [];

    public int Count => (examples + block - 1) / block;

    /// <summary>Runs a block, for the first time only after those before it; the tensors belong to <paramref name="scope"/>, the innermost.</summary>
    public ChunkUses Run(DisposeScope scope, int index, CancellationToken cancellation)
    {
        if (index == _random.Count)
        {
            _random.Add(random.get_rng_state().DetachFromDisposeScope());
        }
        else
        {
            random.set_rng_state(_random[index]);
        }

        int end = Math.Min((index + 1) * block, examples);
        var chunks = new List<ChunkUses>();
        for (int start = index * block; start < end; start += pass)
        {
            cancellation.ThrowIfCancellationRequested();
            chunks.Add(_passes.Run(scope, start, Math.Min(start + pass, end)));
        }

        return new ChunkUses(
            chunks[0].Start,
            [.. chunks.SelectMany(c => c.Losses)],
            [.. plan.Parameters.All.Select((p, i) => ParameterGram.Simplified(Joined([.. chunks.Select(c => c.OfParameter[i])], p.Tensor)))]);
    }

    public void Dispose()
    {
        _passes.Dispose();
        _random.ForEach(state => state.Dispose());
    }

    // One pass an example gives as many uses as there are examples: many small operations, where one of many examples does.
    private static IReadOnlyList<ParameterUse> Joined(IReadOnlyList<ParameterUse>[] passes, Parameter parameter)
    {
        if (passes.Length == 1 || passes.All(uses => uses.Count == 0))
        {
            return passes[0];
        }

        return passes.All(uses => uses.Count == passes[0].Count)
            ? [.. passes[0].Select((_, use) => ParameterUse.Join([.. passes.Select(uses => uses[use])]))]
            : [new DenseUse(cat([.. passes.Select(uses => GradientOf(uses, parameter))]))];
    }

    private static Tensor GradientOf(IReadOnlyList<ParameterUse> uses, Parameter parameter) =>
        uses.Count > 0 ? ParameterUse.Gradients(uses, 0, 1) : zeros([1, parameter.numel()], parameter.dtype, parameter.device);
}
