using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Finds the module to blame where what lies between layers is not positively homogeneous.</summary>
internal sealed class BentPlace(LayerPass pass, nn.Module<Tensor, Tensor> model, NetworkTrace trace, Tensor sample, PassRecord plain)
{
    /// <summary>The refusal, which names the module, or the layers around the place where it is no module's doing.</summary>
    public NotHomogeneousException Refusal(int call, int[] sources, double factor)
    {
        if (Culprit(factor) is { } culprit)
        {
            return new NotHomogeneousException(
                culprit.Name,
                $"'{culprit.Name}' ({culprit.Module.GetType().Name}) is not positively homogeneous: with inputs times {factor} its output is not {factor} times what it was.");
        }

        string between = $"between {string.Join(", ", sources.Select(trace.NameOf))} and {trace.NameOf(call)}";
        string layer = trace.Calls[Math.Min(call, trace.Calls.Count - 1)].Layer.Name;
        return new NotHomogeneousException(
            layer, $"What the network's own code does {between} is not positively homogeneous: with those outputs times {factor} the result is not {factor} times what it was.");
    }

    private (string Name, nn.Module Module)? Culprit(double factor)
    {
        using var scope = NewDisposeScope();
        using Scalar scale = factor;
        HashSet<nn.Module> layers = new(trace.Layers.Select(l => l.Module), ReferenceEqualityComparer.Instance);
        var watched = NetworkLayers.Modules(model).Where(m => !layers.Contains(m.Module) && m.Module is nn.Module<Tensor, Tensor> && !m.Module.children().Any()).ToList();
        var before = Seen(scope, watched, c => plain.Outputs[c.Index].clone());
        var after = Seen(scope, watched, c => plain.Outputs[c.Index] * scale);
        foreach (var (first, second) in before.Zip(after))
        {
            if (HomogeneityTest.Follows(first.Input, second.Input, factor) && !HomogeneityTest.Follows(first.Output, second.Output, factor))
            {
                return watched[first.Module];
            }
        }

        return null;
    }

    private List<(int Module, Tensor Input, Tensor Output)> Seen(
        DisposeScope scope, List<(string Name, nn.Module Module)> watched, Func<LayerCall, Tensor> compute)
    {
        var seen = new List<(int Module, Tensor Input, Tensor Output)>();
        var entered = new Tensor[watched.Count];
        var stops = new List<Action>();
        try
        {
            for (int i = 0; i < watched.Count; i++)
            {
                int module = i;
                var watch = (nn.Module<Tensor, Tensor>)watched[i].Module;
                stops.Add(watch.register_forward_pre_hook((_, input) =>
                {
                    entered[module] = Keep(input);
                    return input;
                }).remove);
                stops.Add(watch.register_forward_hook((_, _, output) =>
                {
                    seen.Add((module, entered[module], Keep(output)));
                    return output;
                }).remove);
            }

            pass.Run(scope, sample, compute);
        }
        finally
        {
            stops.ForEach(stop => stop());
        }

        return seen;

        Tensor Keep(Tensor tensor)
        {
            Tensor kept = tensor.detach().clone().DetachFromDisposeScope();
            scope.Attach(kept);
            return kept;
        }
    }
}
