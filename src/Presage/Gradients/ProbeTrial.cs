using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// A few examples measured both by the layers' rules and by automatic differentiation, one example at a time: what the rules explain, and where each
/// layer holds the examples.
/// </summary>
/// <param name="parameters">The model's parameters.</param>
/// <param name="lossesOf">Runs the model.</param>
/// <param name="examples">Number of examples, the first of the sample.</param>
/// <param name="state">What the model's runs change.</param>
internal sealed class ProbeTrial(ModelParameters parameters, LossesOfExamples lossesOf, int examples, PreservedState state)
{
    private readonly Tensor[] _tensors = [.. parameters.All.Select(p => (Tensor)p.Tensor)];
    private Tensor[] _expected = [];
    private double[] _losses = [];
    private IReadOnlyList<Site> _sites = [];

    /// <summary>The indices of the parameters that each rule has uses of.</summary>
    public Dictionary<LayerRule, HashSet<int>> ParametersOf { get; } = [];

    /// <summary>The uses of each parameter; null where none was seen.</summary>
    public IReadOnlyList<ParameterUse>?[] Uses { get; private set; } = [];

    /// <summary>Whether the rules explain each parameter.</summary>
    public bool[] Explained { get; private set; } = [];

    /// <summary>Bytes an example takes in a chunk.</summary>
    public long BytesPerExample { get; private set; }

    /// <summary>The rules of layers that were called.</summary>
    public HashSet<LayerRule> Called { get; private set; } = [];

    /// <summary>The rules of layers whose outputs are the same for any number of examples.</summary>
    public HashSet<LayerRule> Shared { get; private set; } = [];

    /// <summary>Whether a parameter's gradient was zero, which tells nothing of how to measure it.</summary>
    public bool IsZero(int parameter) => _expected[parameter].Largest() == 0;

    /// <summary>Measures the examples.</summary>
    /// <param name="scope">What the recorded tensors belong to.</param>
    /// <param name="model">The network.</param>
    /// <param name="rules">The rules that may explain its parameters.</param>
    /// <param name="callers">Modules whose calls of forward() are to be seen.</param>
    /// <exception cref="ArgumentException">There is nothing to measure, or the examples are mixed.</exception>
    public void Run(DisposeScope scope, nn.Module model, IReadOnlyList<LayerRule> rules, IEnumerable<nn.Module> callers)
    {
        _expected = Expected(model);
        using var recorder = new Recorder(rules, callers);
        Record(scope, recorder);
        Expand(scope, recorder, rules);
        Called = [.. _sites.Select(s => s.Rule)];
        int[] candidates = [.. Enumerable.Range(0, _tensors.Length).Where(p => Explained[p] && LayerRules.Records(parameters.All[p].Module, parameters.All[p].Name))];
        foreach (int p in UsedElsewhere(candidates, () =>
        {
            state.Rewind();
            return recorder.SeesUsesElsewhere(scope, lossesOf, examples);
        }))
        {
            Explained[p] = false;
        }
    }

    // (examples, entries) a parameter, by automatic differentiation of the model as it is, which nobody watches.
    private Tensor[] Expected(nn.Module model)
    {
        Tensor losses = lossesOf(0, examples);
        Losses.CheckPerExample(losses, examples);
        Autograd.CheckDifferentiable(losses);
        bool isRandom = state.HasDrawn;
        if (examples > 1)
        {
            ExampleMixing.Refuse(losses, lossesOf, isRandom ? model : null);
        }

        state.Rewind();
        Tensor[][] byExample = [.. Enumerable.Range(0, examples).Select(n => Autograd.Gradients(losses[n], _tensors))];
        return [.. _tensors.Select((_, p) => stack([.. byExample.Select(g => g[p].flatten())]))];
    }

    private void Record(DisposeScope scope, Recorder recorder)
    {
        state.Rewind();
        Tensor losses = recorder.Run(scope, lossesOf, 0, examples, state.Rewind);
        IReadOnlyList<Site> sites = recorder.Sites;
        (_losses, _sites) = (losses.ToDoubles(), sites);
        Tensor[] deltas = Autograd.Gradients(losses.sum(), [.. sites.Select(s => s.Output)]);
        BytesPerExample = Math.Max(1, 2 * sites.Sum(s => s.Inputs.Sum(Bytes) + 2 * Bytes(s.Output)) / examples);
        ChooseLayouts(sites, deltas);
        ParametersOf.Clear();
        var uses = new List<ParameterUse>?[_tensors.Length];
        foreach (var (site, delta) in sites.Zip(deltas).Where(s => s.First.Fits(s.First.Rule.Layout, examples)))
        {
            foreach (IndexedUse use in site.UsesFor(delta, examples, site.Rule.Layout))
            {
                (uses[use.Parameter] ??= []).Add(use.Use);
                if (!ParametersOf.TryGetValue(site.Rule, out HashSet<int>? own))
                {
                    ParametersOf.Add(site.Rule, own = []);
                }

                own.Add(use.Parameter);
            }
        }

        Uses = uses;
        Explained = [.. _expected.Select((e, p) => Explains(uses[p], e))];
    }

    // What all examples share is given to each as a copy, where that explains what is not explained otherwise.
    private void Expand(DisposeScope scope, Recorder recorder, IReadOnlyList<LayerRule> rules)
    {
        if (examples == 1 || Explained.All(e => e))
        {
            return;
        }

        var copies = new CopyTrial(recorder, lossesOf, examples, state);
        Shared = copies.SharedBy(_sites);
        foreach (LayerRule rule in rules.Where(r => r is OwnParameterRule).Concat(_sites.Select(s => s.Rule).Distinct().Where(Shared.Contains)))
        {
            long[] shape = rule is OwnParameterRule ? _tensors[rule.Parameters.Single()].shape : _sites.First(s => s.Rule == rule).Output.shape;
            foreach (Expansion expansion in rule.Parameters.All(p => Explained[p]) ? [] : Expansion.Of(shape))
            {
                rule.Expansion = expansion;
                if (copies.ChangeNothing(rule, expansion, _losses))
                {
                    Record(scope, recorder);
                    break;
                }

                rule.Expansion = null;
            }
        }
    }

    // A layer's tensors do not say where the examples are: the trial does.
    private void ChooseLayouts(IReadOnlyList<Site> sites, Tensor[] deltas)
    {
        foreach (var calls in sites.Zip(deltas).GroupBy(s => s.First.Rule).Where(c => c.Any(s => !s.First.IsArranged)))
        {
            foreach (ExampleLayout layout in ExampleLayouts.All.Where(l => calls.All(c => c.First.Fits(l, examples))))
            {
                var uses = calls.SelectMany(c => c.First.UsesFor(c.Second, examples, layout)).GroupBy(u => u.Parameter, u => u.Use);
                if (uses.Any(u => Explains([.. u], _expected[u.Key])))
                {
                    calls.Key.Layout = layout;
                    break;
                }
            }
        }
    }

    private static bool Explains(List<ParameterUse>? uses, Tensor expected)
    {
        double scale = expected.Largest();
        if (uses is null || !double.IsFinite(scale))
        {
            // What is not finite is for the measurement to say.
            return uses is not null || scale == 0;
        }

        return uses.All(u => u.Examples == expected.shape[0])
            && (ParameterUse.Gradients(uses, 0, expected.shape[0]) - expected).Largest() <= (expected.dtype == ScalarType.Float64 ? 1e-8 : 1e-3) * scale;
    }

    // Gradients alone would not tell a small use from rounding.
    private int[] UsedElsewhere(int[] candidates, Func<bool> sees)
    {
        if (candidates.Length == 0)
        {
            return [];
        }

        Array.ForEach(_tensors, p => p.requires_grad = false);
        try
        {
            Array.ForEach(candidates, p => _tensors[p].requires_grad = true);
            if (!sees())
            {
                return [];
            }
        }
        finally
        {
            Array.ForEach(_tensors, p => p.requires_grad = true);
        }

        int half = candidates.Length / 2;
        return half == 0 ? candidates : [.. UsedElsewhere(candidates[..half], sees), .. UsedElsewhere(candidates[half..], sees)];
    }

    private static long Bytes(Tensor tensor) => tensor.numel() * tensor.ElementSize;
}
