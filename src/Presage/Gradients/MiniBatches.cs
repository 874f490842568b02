using Presage.Gradients.Uses;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// The mean gradients of mini-batches, for a network that mixes the examples of a batch (batch normalization in training mode): the sample is cut
/// into batches of b examples, and the rest of fewer than b is left out.
/// </summary>
internal static class MiniBatches
{
    /// <exception cref="ArgumentException">The sample has no two mini-batches.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public static GradientStatistics Measure(
        ModelParameters parameters, int examples, LossesOfExamples lossesOf, ProbeOptions options, CancellationToken cancellation)
    {
        int batch = options.MiniBatch ?? Math.Max(2, (int)Math.Sqrt(examples));
        int batches = Count(examples, batch);
        var sums = new SampleSums(parameters, batches, options with { Signs = false }, options.MemoryBudget ?? ProbeOptions.DefaultMemoryBudget, new SumArrays());
        using Tensor random = torch.random.get_rng_state();
        Pass(parameters, batches, batch, lossesOf, sums.Add, cancellation);
        if (options.InnerProducts)
        {
            torch.random.set_rng_state(random);
            Pass(parameters, batches, batch, lossesOf, sums.AddInnerProducts, cancellation);
        }

        return sums.ToStatistics() with { ExamplesPerGradient = batch };
    }

    /// <summary>The mean gradients' inner products with given tensors, one a parameter; a row a layer (layers, m).</summary>
    /// <inheritdoc cref="Measure" path="/exception"/>
    public static double[][] InnerProducts(
        ModelParameters parameters, int examples, LossesOfExamples lossesOf, int batch, Func<int, Tensor> directionOf, CancellationToken cancellation)
    {
        int batches = Count(examples, batch);
        var products = new InnerProductSums(parameters, batches, directionOf);
        Pass(parameters, batches, batch, lossesOf, products.Add, cancellation);
        return products.ToFinite();
    }

    private static int Count(int examples, int batch)
    {
        int batches = examples / batch;
        if (batch < 2 || batches < 2)
        {
            throw new ArgumentException(
                $"Batch normalization in training mode takes at least two mini-batches of at least two examples, but the sample has {examples} examples "
                + $"and a mini-batch {batch}: measure more examples, or measure in evaluation mode (model.eval()).",
                nameof(examples));
        }

        return batches;
    }

    private static void Pass(
        ModelParameters parameters, int batches, int batch, LossesOfExamples lossesOf, Action<ChunkUses> add, CancellationToken cancellation)
    {
        Tensor[] tensors = [.. parameters.All.Select(p => (Tensor)p.Tensor)];
        for (int i = 0; i < batches; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor losses = lossesOf(i * batch, (i + 1) * batch);
            Losses.CheckPerExample(losses, batch);
            Autograd.CheckDifferentiable(losses);
            Tensor loss = losses.mean();
            Tensor[] gradients = Autograd.Gradients(loss, tensors);
            add(new ChunkUses(i, [loss.ToDoubles()[0]], [.. gradients.Select(g => (IReadOnlyList<ParameterUse>)[new DenseUse(g.unsqueeze(0))])]));
        }
    }
}
