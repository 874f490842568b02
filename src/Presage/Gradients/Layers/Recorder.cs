using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Watches layers through forward hooks and keeps, chunk by chunk, what they were given and gave.</summary>
internal sealed class Recorder : IDisposable
{
    // Tensors have a version that operations in place count up; only a script can read it.
    private static readonly Lazy<jit.CompilationUnit> Script = new(() => jit.compile("def version(x):\n    return x._version()\n"));

    private readonly IReadOnlyList<LayerRule> _rules;
    private readonly List<Action> _stopWatching;
    private readonly ForwardCalls _forwardCalls;
    private readonly List<(Site Site, long Version)> _sites = [];
    private DisposeScope? _owner;
    private bool _isReached;

    /// <param name="rules">The layers to watch.</param>
    /// <param name="modules">All modules of the model, which may invoke them.</param>
    public Recorder(IReadOnlyList<LayerRule> rules, IEnumerable<nn.Module> modules)
    {
        _rules = rules;
        _stopWatching = [.. rules.Where(r => r.Unusable is null).Select(r => r.Watch(this))];
        _forwardCalls = new ForwardCalls(modules, rules.Where(r => r is not OwnParameterRule).Select(r => r.Module));
    }

    /// <summary>Number of examples in the run.</summary>
    public long Examples { get; private set; }

    /// <summary>Whether the model goes on with results that remember nothing.</summary>
    public bool IsCutting { get; private set; }

    /// <summary>The calls since the recording began, in their order.</summary>
    public IReadOnlyList<Site> Sites => [.. _sites.Select(s => s.Site)];

    /// <summary>Runs the model on the examples from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    /// <param name="owner">What the recorded tensors belong to.</param>
    /// <param name="lossesOf">Runs the model.</param>
    /// <param name="start">First example.</param>
    /// <param name="end">After the last example.</param>
    /// <param name="rewind">Called before the model is run a second time.</param>
    /// <exception cref="ArgumentException">The loss is not one number an example.</exception>
    public Tensor Run(DisposeScope owner, LossesOfExamples lossesOf, int start, int end, Action rewind)
    {
        _owner = owner;
        Examples = end - start;
        for (; ; rewind())
        {
            _sites.Clear();
            Tensor losses = Prepared(lossesOf, start, end);
            Losses.CheckPerExample(losses, end - start);
            if (!FindsOverwrittenOutputs())
            {
                return losses;
            }
        }
    }

    /// <summary>
    /// Whether a parameter that is trained now is used outside the recorded calls: the model goes on with results that remember nothing, and all
    /// that reaches a call is kept, with the losses.
    /// </summary>
    /// <param name="owner">What the tensors belong to.</param>
    /// <param name="lossesOf">Runs the model.</param>
    /// <param name="examples">Number of examples, from the first on.</param>
    public bool SeesUsesElsewhere(DisposeScope owner, LossesOfExamples lossesOf, int examples)
    {
        (_owner, Examples, IsCutting, _isReached) = (owner, examples, true, false);
        try
        {
            return Prepared(lossesOf, 0, examples).requires_grad || _isReached;
        }
        finally
        {
            IsCutting = false;
        }
    }

    /// <summary>Keeps a layer's call and returns what the model goes on with.</summary>
    public Tensor Record(
        LayerRule rule, Tensor output, IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, Tensor, IEnumerable<IndexedUse>> uses)
    {
        if (!output.requires_grad)
        {
            return output;
        }

        if (IsCutting)
        {
            return CutOff(output, inputs);
        }

        if (rule.Expansion is { } expansion)
        {
            output = expansion.Expand(output, Examples);
            Keep(
                rule,
                output,
                [.. inputs.Select(i => i.unsqueeze(0).expand([Examples, .. i.shape]))],
                (given, delta) => uses(given, expansion.Arrange(delta)),
                isArranged: true);
        }
        else
        {
            Keep(rule, output, inputs, uses, isArranged: false);
        }

        // The model may dispose of what it gets, hence another tensor over the same memory.
        return rule.OutputIsOverwritten ? output.clone() : output.alias();
    }

    /// <summary>Keeps a place inside a layer that is computed anew, whose δ is (N, r, …) after <paramref name="uses"/> has seen to it.</summary>
    public Tensor RecordInside(LayerRule rule, Tensor output, IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, Tensor, IEnumerable<IndexedUse>> uses)
    {
        if (output.requires_grad)
        {
            if (IsCutting)
            {
                return CutOff(output, inputs);
            }

            Keep(rule, output, inputs, uses, isArranged: true);
            return output.alias();
        }

        return output;
    }

    /// <summary>Takes a tensor out of whatever scope the model's own code runs in.</summary>
    public Tensor Own(Tensor tensor)
    {
        _owner!.Attach(tensor.DetachFromDisposeScope());
        return tensor;
    }

    public void Dispose()
    {
        _forwardCalls.Dispose();
        _stopWatching.ForEach(stop => stop());
    }

    // Where the model overwrote a layer's output by an operation in place, δ is not the gradient of that output: the recording has to be done again,
    // with copies for the layers in question.
    private bool FindsOverwrittenOutputs()
    {
        bool found = false;
        foreach (var (site, version) in _sites)
        {
            if (VersionOf(site.Output) != version)
            {
                site.Rule.OutputIsOverwritten = true;
                found = true;
            }
        }

        return found;
    }

    private Tensor Prepared(LossesOfExamples lossesOf, int start, int end)
    {
        var ends = new List<Action>();
        try
        {
            ends.AddRange(_rules.Select(r => r.Run(this)));
            return lossesOf(start, end);
        }
        finally
        {
            ends.ForEach(finish => finish());
        }
    }

    private Tensor CutOff(Tensor output, IReadOnlyList<Tensor> inputs)
    {
        _isReached |= inputs.Any(i => i.requires_grad);
        return output.detach();
    }

    private void Keep(
        LayerRule rule, Tensor output, IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, Tensor, IEnumerable<IndexedUse>> uses, bool isArranged)
    {
        var site = new Site(rule, Own(output), [.. inputs.Select(i => Own(i.detach()))], uses, isArranged);
        _sites.Add((site, VersionOf(output)));
    }

    /// <summary>How often a tensor was overwritten.</summary>
    public static long VersionOf(Tensor tensor)
    {
        using var version = (Scalar)Script.Value.invoke("version", tensor)!;
        return version.ToInt64();
    }
}
