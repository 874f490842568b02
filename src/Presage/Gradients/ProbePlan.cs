using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>The losses of the examples from <c>start</c> to before <c>end</c>, computed by the model.</summary>
internal delegate Tensor LossesOfExamples(int start, int end);

/// <summary>
/// How each trainable parameter of a model is measured, decided on a trial: a few examples are measured both by the layers' rules and by automatic
/// differentiation, one example at a time. A rule counts only where it gives the same gradients; whatever the rules do not explain, a layer invoked
/// by forward(), a use outside any layer, is left to the one-example fallback.
/// </summary>
internal sealed class ProbePlan
{
    // Three, so that no axis of two is taken for that of the examples.
    private const int MostTrialExamples = 3;

    private readonly string _signature;
    private readonly object _question;
    private readonly int _trialExamples;
    private readonly Dictionary<LayerRule, HashSet<int>> _parametersOf = [];
    private bool _isProvisional;

    private ProbePlan(nn.Module model, ModelParameters parameters, int examples, object question)
    {
        Parameters = parameters;
        _signature = SignatureOf(model);
        _question = question;
        _trialExamples = Math.Min(MostTrialExamples, examples);
        Rules = LayerRules.For(parameters);
        Renormalized = EmbeddingTable.Renormalized(parameters.Modules.Select(m => m.Module));
    }

    public ModelParameters Parameters { get; }

    /// <summary>The rules that explain something.</summary>
    public IReadOnlyList<LayerRule> Rules { get; private set; }

    /// <summary>Parameters that the model changes by being run.</summary>
    public IReadOnlyList<Func<Tensor>> Renormalized { get; }

    /// <summary>Modules whose calls of forward() are to be seen.</summary>
    public IEnumerable<nn.Module> Callers => RedirectsForward ? Parameters.Modules.Select(m => m.Module) : [];

    private bool RedirectsForward { get; set; } = true;

    /// <summary>Indices of the parameters that are measured one example at a time.</summary>
    public IReadOnlyList<int> Fallback { get; private set; } = [];

    /// <summary>Indices of the parameters whose gradient was zero in the trial, so that it tells nothing of how to measure them.</summary>
    public IReadOnlyList<int> Idle { get; private set; } = [];

    /// <summary>Bytes an example takes in a chunk.</summary>
    public long BytesPerExample { get; private set; } = 1;

    /// <summary>Whether a batch normalization mixes the examples, so that only mini-batches can be measured.</summary>
    public bool IsImputed { get; private set; }

    public IReadOnlyList<ParameterCoverage> Coverage { get; private set; } = [];

    /// <summary>Decides how to measure <paramref name="model"/>.</summary>
    /// <param name="model">The network.</param>
    /// <param name="examples">Examples of the sample.</param>
    /// <param name="lossesOf">Runs the model.</param>
    /// <param name="state">What the model's runs change.</param>
    /// <param name="question">What is measured, besides the model: a plan holds for an equal one.</param>
    /// <exception cref="ArgumentException">There is nothing to measure, or the examples are mixed by something that is not batch normalization.</exception>
    public static ProbePlan Of(nn.Module model, int examples, LossesOfExamples lossesOf, PreservedState state, object question)
    {
        var parameters = new ModelParameters(model);
        if (parameters.All.Count == 0)
        {
            throw new ArgumentException("The model has no trainable parameter to measure.", nameof(model));
        }

        var plan = new ProbePlan(model, parameters, examples, question);
        state.Preserve(plan.Renormalized);
        if (LayerRules.Mixing(parameters) is [var (path, module), ..])
        {
            plan.IsImputed = true;
            string why = $"{module.GetName()} '{LayerNames.OfModule(model, path)}' normalizes by the statistics of the batch, so that no example has a gradient of its own; "
                + "model.eval() measures with its running statistics instead.";
            plan.Coverage = [.. parameters.All.Select(p => new ParameterCoverage(p.Name, p.Module.GetName(), CoverageMethod.Imputed, why))];
            return plan;
        }

        using var scope = NewDisposeScope();
        try
        {
            plan.Try(scope, lossesOf, state, model);
        }
        catch (InvalidCastException) when (plan.RedirectsForward)
        {
            // The model casts a field to the layer's own type.
            plan.RedirectsForward = false;
            plan._parametersOf.Clear();
            state.Rewind();
            plan.Try(scope, lossesOf, state, model);
        }

        return plan;
    }

    /// <summary>
    /// Whether the plan still holds: same modules in the same modes, same parameters, same question, and no fewer trial examples than there could be.
    /// </summary>
    public bool Holds(nn.Module model, int examples, object question) =>
        !_isProvisional && _trialExamples >= Math.Min(MostTrialExamples, examples) && _question.Equals(question)
        && string.Equals(_signature, SignatureOf(model), StringComparison.Ordinal);

    /// <summary>The parameters that a rule explains.</summary>
    public IReadOnlyList<int> ParametersOf(LayerRule rule) => [.. _parametersOf[rule].Except(Fallback)];

    /// <summary>Measures more parameters one example at a time, in this measurement.</summary>
    public void LeaveToFallback(IReadOnlyList<int> parameters, string why)
    {
        _isProvisional = true;
        Fallback = WithAllRecomputed([.. Fallback.Union(parameters)]);
        Idle = [.. Idle.Except(Fallback)];
        Coverage = [.. Coverage.Select((c, p) => Fallback.Contains(p) && c.Method != CoverageMethod.Fallback ? c with { Method = CoverageMethod.Fallback, Reason = $"{c.Module}: {why}." } : c)];
        KeepRules();
    }

    /// <exception cref="ArgumentException">No trainable parameter enters the losses.</exception>
    public static void CheckDifferentiable(Tensor losses)
    {
        if (!losses.requires_grad)
        {
            throw new ArgumentException(
                "The losses depend on no trainable parameter: expected losses that can be differentiated, not computed under no_grad() and not detached.",
                nameof(losses));
        }
    }

    private static string SignatureOf(nn.Module model) => string.Concat(
        model.named_modules().Select(m => m.module.training ? '1' : '0')
            .Append(model.training ? '1' : '0')
            .Concat(model.named_parameters().SelectMany(p => $"{(p.parameter.requires_grad ? '+' : '-')}{p.parameter.Handle}")));

    private void Try(DisposeScope scope, LossesOfExamples lossesOf, PreservedState state, nn.Module model)
    {
        Tensor[] tensors = [.. Parameters.All.Select(p => (Tensor)p.Tensor)];
        Tensor[] expected = Expected(lossesOf, tensors, state, model);
        using var recorder = new Recorder(Rules, Callers);
        Tensor losses = recorder.Run(scope, lossesOf, 0, _trialExamples, state.Rewind);
        Tensor[] outputs = [.. recorder.Sites.Select(s => s.Output)];
        Tensor[] deltas = Gradients(losses.sum(), outputs);
        BytesPerExample = Math.Max(1, 2 * recorder.Sites.Sum(s => s.Inputs.Sum(Bytes) + 2 * Bytes(s.Output)) / _trialExamples);
        ChooseLayouts(recorder.Sites, deltas, expected);

        var uses = new List<ParameterUse>?[tensors.Length];
        foreach (var (site, delta) in recorder.Sites.Zip(deltas).Where(s => s.First.Fits(s.First.Rule.Layout, _trialExamples)))
        {
            foreach (IndexedUse use in site.UsesFor(delta, _trialExamples, site.Rule.Layout))
            {
                (uses[use.Parameter] ??= []).Add(use.Use);
                if (!_parametersOf.TryGetValue(site.Rule, out HashSet<int>? own))
                {
                    _parametersOf.Add(site.Rule, own = []);
                }

                own.Add(use.Parameter);
            }
        }

        bool[] explained = [.. expected.Select((e, p) => Explains(uses[p], e))];
        int[] candidates = [.. Enumerable.Range(0, tensors.Length).Where(p => explained[p] && LayerRules.Records(Parameters.All[p].Module, Parameters.All[p].Name))];
        foreach (int p in UsedElsewhere(candidates, () =>
        {
            state.Rewind();
            return recorder.SeesUsesElsewhere(scope, lossesOf, _trialExamples);
        }))
        {
            explained[p] = false;
        }

        Fallback = WithAllRecomputed([.. Enumerable.Range(0, tensors.Length).Where(p => !explained[p])]);
        explained = [.. explained.Select((_, p) => !Fallback.Contains(p))];
        Idle = [.. Enumerable.Range(0, tensors.Length).Where(p => explained[p] && Largest(expected[p]) == 0)];

        Coverage = [.. Parameters.All.Select((p, i) => CoverageOf(p, explained[i], Largest(expected[i]) == 0, uses[i]))];

        // The settings of a layer that is computed anew are guessed: maybe better once its weights are others.
        _isProvisional = _parametersOf.Any(r => r.Key is RecomputedRule && r.Value.Overlaps(Fallback));
        KeepRules();
    }

    // Gradients alone would not tell a small use from rounding.
    private int[] UsedElsewhere(int[] candidates, Func<bool> sees)
    {
        if (candidates.Length == 0)
        {
            return [];
        }

        Parameters.All.ToList().ForEach(p => p.Tensor.requires_grad = false);
        try
        {
            Array.ForEach(candidates, p => Parameters.All[p].Tensor.requires_grad = true);
            if (!sees())
            {
                return [];
            }
        }
        finally
        {
            Parameters.All.ToList().ForEach(p => p.Tensor.requires_grad = true);
        }

        int half = candidates.Length / 2;
        return half == 0 ? candidates : [.. UsedElsewhere(candidates[..half], sees), .. UsedElsewhere(candidates[half..], sees)];
    }

    // A layer that is computed anew by other settings than its own is wrong for all its parameters, and for automatic differentiation too.
    private IReadOnlyList<int> WithAllRecomputed(IReadOnlyList<int> parameters)
    {
        HashSet<int> all = [.. parameters];
        while (_parametersOf.FirstOrDefault(r => r.Key is RecomputedRule && r.Value.Overlaps(all) && !r.Value.IsSubsetOf(all)).Value is { } own)
        {
            all.UnionWith(own);
        }

        return [.. all.Order()];
    }

    private void KeepRules() => Rules = [.. Rules.Where(r => _parametersOf.TryGetValue(r, out HashSet<int>? own) && own.Except(Fallback).Any())];

    // (trial examples, entries) a parameter, by automatic differentiation of the model as it is, which nobody watches.
    private Tensor[] Expected(LossesOfExamples lossesOf, Tensor[] tensors, PreservedState state, nn.Module model)
    {
        Tensor losses = lossesOf(0, _trialExamples);
        Losses.CheckPerExample(losses, _trialExamples);
        CheckDifferentiable(losses);
        bool isRandom = state.HasDrawn;
        if (_trialExamples > 1)
        {
            RefuseMixing(losses.ToDoubles(), losses.dtype, lossesOf, isRandom ? model : null);
        }

        state.Rewind();
        Tensor[][] byExample = [.. Enumerable.Range(0, _trialExamples).Select(n => Gradients(losses[n], tensors))];
        return [.. tensors.Select((_, p) => stack([.. byExample.Select(g => g[p].flatten())]))];
    }

    // A layer's tensors do not say where the examples are: the trial does.
    private void ChooseLayouts(IReadOnlyList<Site> sites, Tensor[] deltas, Tensor[] expected)
    {
        foreach (var calls in sites.Zip(deltas).GroupBy(s => s.First.Rule).Where(c => c.Any(s => !s.First.IsArranged)))
        {
            foreach (ExampleLayout layout in ExampleLayouts.All.Where(l => calls.All(c => c.First.Fits(l, _trialExamples))))
            {
                var uses = calls.SelectMany(c => c.First.UsesFor(c.Second, _trialExamples, layout)).GroupBy(u => u.Parameter, u => u.Use);
                if (uses.Any(u => Explains([.. u], expected[u.Key])))
                {
                    calls.Key.Layout = layout;
                    break;
                }
            }
        }
    }

    private static bool Explains(List<ParameterUse>? uses, Tensor expected)
    {
        double scale = Largest(expected);
        if (uses is null || !double.IsFinite(scale))
        {
            // What is not finite is for the measurement to say.
            return uses is not null || scale == 0;
        }

        if (uses.Any(u => u.Examples != expected.shape[0]))
        {
            return false;
        }

        Tensor sum = uses.Select(u => u.Gradients(0, expected.shape[0]).reshape(expected.shape)).Aggregate((a, b) => a + b);
        return Largest(sum - expected) <= (expected.dtype == ScalarType.Float64 ? 1e-8 : 1e-3) * scale;
    }

    public static double Largest(Tensor tensor) => tensor.numel() == 0 ? 0 : tensor.abs().max().to(ScalarType.Float64).item<double>();

    // The loss of an example must not depend on which others it is measured with; where it is random, that is asked in evaluation mode.
    private static void RefuseMixing(double[] together, ScalarType losses, LossesOfExamples lossesOf, nn.Module? random)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        if (random is not null)
        {
            using var mode = new EvaluationMode(random);
            using Tensor before = torch.random.get_rng_state();
            double[] calm = lossesOf(0, together.Length).ToDoubles();
            using Tensor after = torch.random.get_rng_state();
            if (before.bytes.SequenceEqual(after.bytes))
            {
                RefuseMixing(calm, losses, lossesOf, null);
            }

            return;
        }

        // Losses of single precision near zero are all rounding.
        double rounding = losses == ScalarType.Float64 ? 1e-12 : 1e-6;
        for (int n = 0; n < together.Length; n++)
        {
            double alone = lossesOf(n, n + 1).ToDoubles()[0];
            // An example alone may be not even a number, as by its deviation from itself; what is none among others is for the measurement to say.
            if (double.IsFinite(together[n]) && !(Math.Abs(alone - together[n]) <= 1e-3 * (Math.Abs(alone) + Math.Abs(together[n])) + rounding))
            {
                throw new ArgumentException(
                    $"The loss of example {n} is {alone:G6} when it is measured alone and {together[n]:G6} among {together.Length}: the model or the loss mixes the "
                    + "examples of a batch, and then no example has a gradient of its own. Expected examples in the first dimension of the inputs, "
                    + "and a loss that takes each for itself.",
                    nameof(lossesOf));
            }
        }
    }

    private ParameterCoverage CoverageOf(ModelParameter parameter, bool isExplained, bool isIdle, List<ParameterUse>? uses)
    {
        LayerRule? rule = Rules.FirstOrDefault(r => ReferenceEquals(r.Module, parameter.Module));
        string module = parameter.Module.GetName();
        if (isExplained)
        {
            string shared = uses is { Count: > 1 } ? $" Used {uses.Count} times: the uses are added before they are squared." : "";
            return new ParameterCoverage(
                parameter.Name,
                module,
                rule?.Method ?? CoverageMethod.ClosedForm,
                uses is null || isIdle ? "No loss depends on it: its gradient is zero." : $"{module} called by call()." + shared);
        }

        string why = (rule, uses) switch
        {
            (null, _) => $"No rule covers {module}: the parameter is used in its own forward().",
            ({ Unusable: { } reason }, _) => $"{module}: {reason}.",
            (_, null) => $"{module} was not seen: it is invoked by forward(), which fires no hook, and not through a field of type Module<Tensor, Tensor>. Invoke it by call() and its gradients are had in closed form.",
            _ => $"{module} was seen, but the parameter is used elsewhere too (invoking the module by forward() fires no hook: use call()), "
                + "or the layer's tensors do not show which example is which.",
        };
        return new ParameterCoverage(parameter.Name, module, CoverageMethod.Fallback, why);
    }

    private static long Bytes(Tensor tensor) => tensor.numel() * tensor.ElementSize;

    /// <summary>Gradients of a scalar, zero where it does not depend on a tensor, dense.</summary>
    public static Tensor[] Gradients(Tensor scalar, IReadOnlyList<Tensor> tensors)
    {
        if (tensors.Count == 0)
        {
            return [];
        }

        if (!scalar.requires_grad)
        {
            return [.. tensors.Select(t => zeros_like(t).detach())];
        }

        IList<Tensor> gradients = autograd.grad([WithAll(scalar, tensors)], [.. tensors], retain_graph: true);
        return [.. gradients.Select(g => g.is_sparse ? g.to_dense() : g)];
    }

    /// <summary>
    /// The scalar, connected to all tensors without depending on them: TorchSharp counts the gradients that are missing otherwise as live tensors
    /// for ever.
    /// </summary>
    public static Tensor WithAll(Tensor scalar, IEnumerable<Tensor> tensors) =>
        tensors.Aggregate(scalar, (sum, t) => sum + (t.sum() * Scalars.Zero).to(scalar.dtype));
}
