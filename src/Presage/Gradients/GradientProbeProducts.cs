using Presage.Gradients.Layers;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Inner products: with a given sum, and of all pairs.</summary>
public sealed partial class GradientProbe
{
    // More have a matrix that no array holds.
    private const int MostGramExamples = 46_340;

    /// <summary>
    /// Each example's inner product ⟨g_n, Σg⟩ with a sum that was measured before, over other examples or more than these, for
    /// <see cref="GradientStatistics.WithInnerProducts(IReadOnlyList{double[]})"/>: merged statistics have theirs again when this is done for each
    /// part and the rows are put one after another.
    /// </summary>
    /// <param name="inputs">Inputs (m, …).</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="sums">Statistics of the same network, whose <see cref="ParameterStatistics.Sum"/> are Σg.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <returns>
    /// ⟨g_n, Σg⟩ in squared units of the gradient, a row a layer (layers, m), in the order of <see cref="GradientStatistics.Layers"/>; of mini-batches'
    /// mean gradients where batch normalization is in training mode, of as many examples as <paramref name="sums"/> has a gradient.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The layers, parameters, shapes or examples a gradient are not those of <paramref name="sums"/>, or the sample cannot be measured, as with
    /// <see cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    /// <exception cref="NumericalException">An inner product is not finite.</exception>
    public double[][] InnerProducts(
        Tensor inputs, Tensor targets, PerExampleLoss loss, GradientStatistics sums, CancellationToken cancellation = default) =>
        InnerProducts(Losses.ExamplesOf(inputs, targets), LossesOf(inputs, targets, loss), QuestionOf(inputs, loss), sums, cancellation);

    /// <param name="examples">Number of examples m, at least 1.</param>
    /// <param name="lossesOf">
    /// Runs the model on the examples from the first number to before the second and returns their losses, one an example; run several times.
    /// </param>
    /// <param name="sums">Statistics of the same network, whose <see cref="ParameterStatistics.Sum"/> are Σg.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <inheritdoc cref="InnerProducts(Tensor, Tensor, PerExampleLoss, GradientStatistics, CancellationToken)"/>
    public double[][] InnerProducts(
        int examples, Func<int, int, Tensor> lossesOf, GradientStatistics sums, CancellationToken cancellation = default) =>
        InnerProducts(examples, lossesOf, lossesOf, sums, cancellation);

    /// <summary>
    /// The Gram matrix K_nm = ⟨g_n, g_m⟩ of a sample's gradients, for the network and each layer. Gradients are formed, in blocks of examples, only
    /// where that takes less than the layers' inputs a and deltas δ do: with one position an example K_nm = ⟨a_n, a_m⟩⟨δ_n, δ_m⟩, with more
    /// K_nm = Σ_ts ⟨a_nt, a_ms⟩⟨δ_nt, δ_ms⟩.
    /// </summary>
    /// <remarks>
    /// The matrices take (layers + 1)·m² numbers. A sample that does not fit into the memory budget at once is run again for pairs of its chunks,
    /// which makes about half as many passes as there are such pairs; what Dropout drops of an example is the same in all of them, and the same as in
    /// <see cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.
    /// </remarks>
    /// <param name="inputs">Inputs (m, …).</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <exception cref="ArgumentException">
    /// Batch normalization is in training mode, so that no example has a gradient of its own; there are more than 46340 examples; or the sample cannot be
    /// measured, as with <see cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public SampleGram Gram(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default) =>
        Gram(Losses.ExamplesOf(inputs, targets), LossesOf(inputs, targets, loss), QuestionOf(inputs, loss), cancellation);

    /// <param name="examples">Number of examples m, from 1 to 46340.</param>
    /// <param name="lossesOf">
    /// Runs the model on the examples from the first number to before the second and returns their losses, one an example; run several times.
    /// </param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <inheritdoc cref="Gram(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>
    public SampleGram Gram(int examples, Func<int, int, Tensor> lossesOf, CancellationToken cancellation = default) =>
        Gram(examples, lossesOf, lossesOf, cancellation);

    private SampleGram Gram(int examples, Func<int, int, Tensor> lossesOf, object question, CancellationToken cancellation) => examples <= MostGramExamples
        ? Planned(examples, lossesOf, question, (plan, losses) => Gram(plan, examples, losses, cancellation))
        : throw new ArgumentException($"Expected at most {MostGramExamples} examples, whose Gram matrix an array can hold, but got {examples}.", nameof(examples));

    private double[][] InnerProducts(
        int examples, Func<int, int, Tensor> lossesOf, object question, GradientStatistics sums, CancellationToken cancellation) =>
        Planned(examples, lossesOf, question, (plan, losses) => InnerProducts(plan, examples, losses, sums, cancellation));

    private double[][] InnerProducts(ProbePlan plan, int examples, LossesOfExamples lossesOf, GradientStatistics sums, CancellationToken cancellation)
    {
        ModelParameters parameters = plan.Parameters;
        Tensor[] directions = Directions(parameters, sums);
        if (plan.IsImputed != sums.IsImputed)
        {
            throw new ArgumentException(
                $"Expected sums over {(plan.IsImputed ? "mini-batches, which is all that batch normalization in training mode has" : "single examples")}, but got "
                + $"{sums.ExamplesPerGradient} examples a gradient.",
                nameof(sums));
        }

        if (plan.IsImputed)
        {
            return MiniBatches.InnerProducts(parameters, examples, lossesOf, sums.ExamplesPerGradient, p => directions[p], cancellation);
        }

        var products = new InnerProductSums(parameters, examples, p => directions[p]);
        using var passes = new ProbePasses(plan, lossesOf);
        int chunk = ChunkOf(plan, examples);
        for (int start = 0; start < examples; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            products.Add(passes.Run(scope, start, Math.Min(start + chunk, examples)));
        }

        return products.ToFinite();
    }

    // Σg of each parameter, in the model's type.
    private static Tensor[] Directions(ModelParameters parameters, GradientStatistics sums)
    {
        var ofLayer = parameters.Layers.Select((name, layer) => (name, parameters: parameters.All.Where((_, p) => parameters.LayerOf[p] == layer).ToList()));
        string[] expected = [.. ofLayer.SelectMany(l => GradientStatistics.Described(l.name, [.. l.parameters.Select(p => (p.Name, p.Tensor.shape))]))];
        string[] actual = [.. sums.Layers.SelectMany(l => GradientStatistics.Described(l.Name, [.. l.Parameters.Select(p => (p.Name, p.Shape))]))];
        if (GradientStatistics.FirstDifference(expected, actual) is var (here, there))
        {
            throw new ArgumentException($"Expected sums over the gradients of this model: {here}, but got {there}.", nameof(sums));
        }

        Dictionary<string, ParameterStatistics> named = sums.Layers.SelectMany(l => l.Parameters).ToDictionary(p => p.Name, StringComparer.Ordinal);
        return [.. parameters.All.Select(p => tensor(named[p.Name].Sum, p.Tensor.shape, device: CPU).to(p.Tensor.dtype).to(p.Tensor.device))];
    }

    private SampleGram Gram(ProbePlan plan, int examples, LossesOfExamples lossesOf, CancellationToken cancellation)
    {
        if (plan.IsImputed)
        {
            throw new ArgumentException(
                $"Expected a model whose examples have gradients of their own, but got one of mini-batches: {plan.Coverage[0].Reason}", nameof(lossesOf));
        }

        // Two blocks at a time, and blocks of the gradients of both. What passes of one example leave is there a second time when they are joined.
        int pass = ChunkOf(plan, examples);
        long bytes = 2 * (plan.BytesPerExample + plan.Fallback.Sum(p => plan.Parameters.All[p].Tensor is var t ? t.numel() * t.ElementSize : 0));
        int block = plan.Fallback.Count > 0 ? (int)Math.Clamp(MemoryBudget / 2 / bytes, 1, examples) : pass;
        var sums = new GramSums(plan.Parameters, examples, Math.Max(1, MemoryBudget / 4));
        using var blocks = new ProbeBlocks(plan, lossesOf, examples, pass, block);
        for (int i = 0; i < blocks.Count; i++)
        {
            using var rowScope = NewDisposeScope();
            ChunkUses rows = blocks.Run(rowScope, i, cancellation);
            sums.Add(rows, rows);
            for (int j = i + 1; j < blocks.Count; j++)
            {
                using var columnScope = NewDisposeScope();
                sums.Add(rows, blocks.Run(columnScope, j, cancellation));
            }
        }

        return sums.ToGram();
    }
}
