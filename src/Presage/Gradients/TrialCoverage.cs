using Presage.Gradients.Layers;
using Presage.Gradients.Uses;
using TorchSharp.Modules;

namespace Presage.Gradients;

/// <summary>Says of each parameter how it is measured, why so, and what would let a rule explain it.</summary>
/// <param name="parameters">The parameters.</param>
/// <param name="rules">All rules that were tried.</param>
/// <param name="trial">What the trial told.</param>
internal sealed class TrialCoverage(ModelParameters parameters, IReadOnlyList<LayerRule> rules, ProbeTrial trial)
{
    public IReadOnlyList<ParameterCoverage> Of(IReadOnlyCollection<int> fallback) =>
        [.. parameters.All.Select((p, i) => fallback.Contains(i) ? OfFallback(p, i) : OfExplained(p, i))];

    private ParameterCoverage OfExplained(ModelParameter parameter, int index)
    {
        string module = NameOf(parameter);
        IReadOnlyList<ParameterUse>? uses = trial.Uses[index];
        LayerRule? rule = rules.FirstOrDefault(r => trial.ParametersOf.TryGetValue(r, out HashSet<int>? own) && own.Contains(index));
        string reason = (uses, rule) switch
        {
            (null, _) => "No loss depends on it: its gradient is zero.",
            _ when trial.IsZero(index) => "No loss depends on it: its gradient is zero.",
            (_, OwnParameterRule) => $"Used in forward() of {module}: given to each example as a copy, which changes no loss.",
            (_, { Expansion: not null }) => $"{module} called by call(): what it gives all examples is given to each as a copy, which changes no loss.",
            _ => $"{module} called by call()." + (uses.Count > 1 ? $" Used {uses.Count} times: the uses are added before they are squared." : ""),
        };
        return new ParameterCoverage(parameter.Name, module, rule?.Method ?? CoverageMethod.ClosedForm, reason);
    }

    private ParameterCoverage OfFallback(ModelParameter parameter, int index)
    {
        string module = NameOf(parameter);
        LayerRule? rule = rules.FirstOrDefault(r => r is not OwnParameterRule && r.Parameters.Contains(index) && ReferenceEquals(r.Module, parameter.Module));
        string why = rule switch
        {
            null when rules.Any(r => r is OwnParameterRule && r.Parameters.Contains(index)) =>
                $"No rule covers {module}: the parameter is used in forward(), and one copy an example in its place changes the losses, fails, or is not all that is used. "
                + "Where it acts by broadcasting, through its field alone, its gradients are had in closed form; a first axis of size 1 shows where the copies go.",
            null => $"No rule covers {module}: the parameter is used in forward(), not through a field of type Parameter, in which each example could be given a copy.",
            { Unusable: { } reason } => $"{module}: {reason}.",
            _ when trial.Shared.Contains(rule) =>
                $"{module} was called, but what it gives is the same for any number of examples, and one copy an example in its place changes the losses or fails. "
                + "Call it with the examples in the first dimension (expand() its input) and its gradients are had in closed form.",
            _ when trial.Called.Contains(rule) =>
                $"{module} was seen, but the parameter is used elsewhere too (invoking the module by forward() fires no hook: use call()), "
                + "or the layer's tensors do not show which example is which.",
            { Module: TransformerEncoderLayer } =>
                $"{module} was not seen: no hook is fired by forward(), nor by its call() with masks. Invoke it by call(input) without masks, or put it into a "
                + "TransformerEncoder, whose call() with masks is seen, and its gradients are had in closed form.",
            _ => $"{module} was not seen: it is invoked by forward(), which fires no hook, and not through a field of type Module<Tensor, Tensor>. "
                + "Invoke it by call() and its gradients are had in closed form.",
        };
        return new ParameterCoverage(parameter.Name, module, CoverageMethod.Fallback, why);
    }

    private static string NameOf(ModelParameter parameter) => parameter.Module.GetType().Name;
}
