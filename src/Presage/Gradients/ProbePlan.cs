using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>The losses of the examples from <c>start</c> to before <c>end</c>, computed by the model.</summary>
internal delegate Tensor LossesOfExamples(int start, int end);

/// <summary>
/// How each trainable parameter of a model is measured, decided on a trial: a few examples are measured both by the layers' rules and by automatic
/// differentiation, one example at a time. A rule counts only where it gives the same gradients; whatever the rules do not explain, a layer invoked
/// by forward(), a use that no copy an example can stand for, is left to the one-example fallback.
/// </summary>
internal sealed class ProbePlan
{
    // Three, so that no axis of two is taken for that of the examples.
    private const int MostTrialExamples = 3;

    private readonly string _signature;
    private readonly object _question;
    private readonly int _trialExamples;
    private Dictionary<LayerRule, HashSet<int>> _parametersOf = [];
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

    private static string SignatureOf(nn.Module model) => string.Concat(
        model.named_modules().Select(m => m.module.training ? '1' : '0')
            .Append(model.training ? '1' : '0')
            .Concat(model.named_parameters().SelectMany(p => $"{(p.parameter.requires_grad ? '+' : '-')}{p.parameter.Handle}")));

    private void Try(DisposeScope scope, LossesOfExamples lossesOf, PreservedState state, nn.Module model)
    {
        var trial = new ProbeTrial(Parameters, lossesOf, _trialExamples, state);
        trial.Run(scope, model, Rules, Callers);
        _parametersOf = trial.ParametersOf;
        BytesPerExample = trial.BytesPerExample;
        int[] all = [.. Enumerable.Range(0, Parameters.All.Count)];
        Fallback = WithAllRecomputed([.. all.Where(p => !trial.Explained[p])]);
        Idle = [.. all.Except(Fallback).Where(trial.IsZero)];
        Coverage = new TrialCoverage(Parameters, Rules, trial).Of([.. Fallback]);

        // The settings of a layer that is computed anew are guessed: maybe better once its weights are others.
        _isProvisional = _parametersOf.Any(r => r.Key is RecomputedRule && r.Value.Overlaps(Fallback));
        KeepRules();
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
}
