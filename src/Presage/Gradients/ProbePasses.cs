using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>The uses of each parameter, by its index, in a pass over the examples from <paramref name="Start"/> on.</summary>
internal sealed record ChunkUses(int Start, double[] Losses, IReadOnlyList<ParameterUse>[] OfParameter);

/// <summary>Forward and backward passes over chunks of a sample, as a plan says.</summary>
internal sealed class ProbePasses : IDisposable
{
    private readonly ProbePlan _plan;
    private readonly LossesOfExamples _lossesOf;
    private readonly Recorder _recorder;
    private readonly Tensor _random;

    public ProbePasses(ProbePlan plan, LossesOfExamples lossesOf)
    {
        (_plan, _lossesOf) = (plan, lossesOf);
        _recorder = new Recorder(plan.Rules, plan.Callers);
        _random = random.get_rng_state();
    }

    /// <summary>Lets the passes that follow draw the same random numbers as the passes so far.</summary>
    public void Rewind() => random.set_rng_state(_random);

    /// <summary>Runs the examples from <paramref name="start"/> to before <paramref name="end"/>; the tensors belong to <paramref name="scope"/>.</summary>
    /// <exception cref="ArgumentException">The loss is not one number an example.</exception>
    /// <exception cref="PlanBrokenException">The model does something else than in the trial.</exception>
    public ChunkUses Run(DisposeScope scope, int start, int end)
    {
        int count = end - start;
        using Tensor before = random.get_rng_state();
        Tensor losses = Losses(scope, start, end, () => random.set_rng_state(before));
        if (_plan.Rules.FirstOrDefault(r => r.Unusable is not null) is { } unusable)
        {
            throw new PlanBrokenException(_plan.ParametersOf(unusable), unusable.Unusable!);
        }

        IReadOnlyList<Site> sites = _recorder.Sites;
        if (_plan.Rules.FirstOrDefault(r => !sites.Any(s => ReferenceEquals(s.Rule, r))) is { } missing)
        {
            throw new PlanBrokenException(_plan.ParametersOf(missing), "it was called in the trial, but is not for other examples, or not by call()");
        }

        IReadOnlyList<ModelParameter> parameters = _plan.Parameters.All;
        int[] others = [.. _plan.Fallback, .. _plan.Idle];
        Tensor[] all = [.. sites.Select(s => s.Output), .. others.Select(p => (Tensor)parameters[p].Tensor)];
        var idle = _plan.Idle.ToHashSet();
        IEnumerable<Tensor> mayBeUnused =
        [
            .. sites.Where(s => idle.Overlaps(_plan.ParametersOf(s.Rule))).Select(s => s.Output),
            .. others.Select(p => (Tensor)parameters[p].Tensor),
        ];
        IList<Tensor> gradients = losses.requires_grad ? autograd.grad([Autograd.WithAll(losses.sum(), mayBeUnused)], all, allow_unused: true) : [.. all.Select(_ => (Tensor)null!)];
        CheckIdle(gradients.Skip(sites.Count), others);
        var uses = new List<ParameterUse>[parameters.Count];
        for (int p = 0; p < uses.Length; p++)
        {
            uses[p] = [];
        }

        foreach (var (site, delta) in sites.Zip(gradients))
        {
            if (delta is null || delta.IsInvalid)
            {
                if (site.Rule is OwnParameterRule && losses.requires_grad)
                {
                    throw new PlanBrokenException(_plan.ParametersOf(site.Rule), "it was used through its field in the trial, but is not for other examples");
                }

                continue;
            }

            if (!site.Fits(site.Rule.Layout, count))
            {
                throw new PlanBrokenException(
                    _plan.ParametersOf(site.Rule), $"an output of shape ({string.Join(", ", site.Output.shape)}) for {count} examples is not laid out as in the trial");
            }

            foreach (IndexedUse use in site.UsesFor(delta, count, site.Rule.Layout))
            {
                uses[use.Parameter].Add(use.Use);
            }
        }

        AddFallback(uses, gradients.Skip(sites.Count), others);
        return new ChunkUses(start, losses.ToDoubles(), uses);
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _random.Dispose();
    }

    private Tensor Losses(DisposeScope scope, int start, int end, Action rewind)
    {
        LayerRule[] expanded = [.. _plan.Rules.Where(r => r.Expansion is not null)];
        try
        {
            return _recorder.Run(scope, _lossesOf, start, end, rewind);
        }
        catch (Exception e) when (expanded.Length > 0 && e is not (OperationCanceledException or OutOfMemoryException))
        {
            // Maybe the copies are to blame; if not, it comes again without them.
            throw new PlanBrokenException(
                [.. expanded.SelectMany(_plan.ParametersOf).Distinct()], $"each example was given a copy of what all share, but {end - start} copies are refused", e);
        }
    }

    private void AddFallback(List<ParameterUse>[] uses, IEnumerable<Tensor> gradients, int[] indices)
    {
        var fallback = _plan.Fallback.ToHashSet();
        foreach (var (gradient, index) in gradients.Zip(indices))
        {
            uses[index].RemoveAll(_ => fallback.Contains(index));
            if (gradient is not null && !gradient.IsInvalid && fallback.Contains(index))
            {
                // One example: its gradient is the gradient.
                uses[index].Add(new DenseUse(Autograd.Dense(gradient).unsqueeze(0)));
            }
        }
    }

    // A gradient of zero agrees with every rule: where it was so in the trial, it has to stay so.
    private void CheckIdle(IEnumerable<Tensor> gradients, int[] indices)
    {
        int[] moved =
        [
            .. gradients.Zip(indices).Skip(_plan.Fallback.Count)
                .Where(g => g.First is { IsInvalid: false } && Autograd.Dense(g.First).Largest() is not 0)
                .Select(g => g.Second),
        ];
        if (moved.Length > 0)
        {
            throw new PlanBrokenException(moved, "its gradient was zero in the trial, which tells nothing, but is not for other examples");
        }
    }
}
