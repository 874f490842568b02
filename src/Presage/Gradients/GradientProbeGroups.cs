using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Groups of a sample's examples.</summary>
public sealed partial class GradientProbe
{
    /// <summary>
    /// Measures every trainable parameter of the model on a sample and on each of its groups in the passes that the sample alone takes: sums of the groups
    /// are merged into those of the whole.
    /// </summary>
    /// <param name="inputs">Inputs (m, …), group after group.</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="sizes">Number of examples of each group, at least 1; m in all.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <returns>
    /// The statistics, all of them with inner products where these are asked for. With batch normalization in training mode, mini-batches are of one group
    /// each, and see its means and variances alone; unless the options say how large they are, of about the square root of the smallest group.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There is no group, the sizes do not add up, or the sample cannot be measured, as with
    /// <see cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>, where each group needs two mini-batches.
    /// </exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public GroupedStatistics MeasureGroups(
        Tensor inputs, Tensor targets, PerExampleLoss loss, IReadOnlyList<int> sizes, CancellationToken cancellation = default)
    {
        int examples = Losses.ExamplesOf(inputs, targets);
        if (sizes.Count == 0 || sizes.Any(size => size < 1) || sizes.Sum() != examples)
        {
            throw new ArgumentException($"Expected sizes of at least 1 that add up to the {examples} examples, but got {string.Join(", ", sizes)}.", nameof(sizes));
        }

        (int Start, int Size)[] groups = [.. sizes.Select((size, g) => (sizes.Take(g).Sum(), size))];
        return Planned(examples, LossesOf(inputs, targets, loss), QuestionOf(inputs, loss), (plan, losses) => plan.IsImputed
            ? MeasureMiniBatches(plan.Parameters, groups, losses, cancellation)
            : MeasureGroups(plan, groups, losses, cancellation));
    }

    private GroupedStatistics MeasureGroups(ProbePlan plan, (int Start, int Size)[] groups, LossesOfExamples lossesOf, CancellationToken cancellation)
    {
        int examples = groups.Sum(group => group.Size);
        int chunk = ChunkOf(plan, examples);
        SampleSums[] sums = [.. groups.Select(group => new SampleSums(plan.Parameters, group.Size, _options, BlockBytes, _arrays))];
        using var passes = new ProbePasses(plan, lossesOf);
        using var sampleScope = NewDisposeScope();
        var kept = new List<(int Group, ChunkUses Uses)>();
        ForEachChunk((group, uses) =>
        {
            sums[group].Add(uses with { Start = uses.Start - groups[group].Start });
            if (chunk >= examples && _options.InnerProducts)
            {
                kept.Add((group, uses));
            }
        });

        // Their inner products are filled in below.
        GradientStatistics[] ofGroups = [.. sums.Select(s => s.ToStatistics())];
        GradientStatistics all = GradientStatistics.Merge(ofGroups);
        if (!_options.InnerProducts)
        {
            return new GroupedStatistics(all, ofGroups);
        }

        Tensor[] directions = Directions(plan.Parameters, all);
        var products = new InnerProductSums(plan.Parameters, examples, p => directions[p]);
        if (kept.Count > 0)
        {
            kept.ForEach(each => AddInnerProducts(each.Group, each.Uses));
        }
        else
        {
            passes.Rewind();
            ForEachChunk(AddInnerProducts);
        }

        return new GroupedStatistics(all.WithInnerProducts(products.ToFinite()), ofGroups);

        void AddInnerProducts(int group, ChunkUses uses)
        {
            sums[group].AddInnerProducts(uses with { Start = uses.Start - groups[group].Start });
            products.Add(uses);
        }

        void ForEachChunk(Action<int, ChunkUses> take)
        {
            for (int g = 0; g < groups.Length; g++)
            {
                int end = groups[g].Start + groups[g].Size;
                for (int start = groups[g].Start; start < end; start += chunk)
                {
                    cancellation.ThrowIfCancellationRequested();
                    using DisposeScope? chunkScope = chunk >= examples ? null : NewDisposeScope();
                    take(g, passes.Run(chunkScope ?? sampleScope, start, Math.Min(start + chunk, end)));
                }
            }
        }
    }

    private GroupedStatistics MeasureMiniBatches(
        ModelParameters parameters, (int Start, int Size)[] groups, LossesOfExamples lossesOf, CancellationToken cancellation)
    {
        int batch = _options.MiniBatch ?? Math.Max(2, (int)Math.Sqrt(groups.Min(group => group.Size)));
        using Tensor random = torch.random.get_rng_state();
        GradientStatistics[] ofGroups =
        [
            .. groups.Select(group => MiniBatches.Measure(parameters, group.Size, Within(group.Start), _options with { MiniBatch = batch, MemoryBudget = MemoryBudget }, cancellation)),
        ];
        GradientStatistics all = GradientStatistics.Merge(ofGroups);
        if (!_options.InnerProducts || groups.Length == 1)
        {
            return new GroupedStatistics(all, ofGroups);
        }

        torch.random.set_rng_state(random);
        Tensor[] directions = Directions(parameters, all);
        double[][][] products =
        [
            .. groups.Select(group => MiniBatches.InnerProducts(parameters, group.Size, Within(group.Start), batch, p => directions[p], cancellation)),
        ];
        return new GroupedStatistics(
            all.WithInnerProducts([.. all.Layers.Select((_, layer) => products.SelectMany(p => p[layer]).ToArray())]), ofGroups);

        LossesOfExamples Within(int offset) => (start, end) => lossesOf(offset + start, offset + end);
    }
}
