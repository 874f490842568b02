using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Runs the normalized network f̃.</summary>
internal static class NormalizedPass
{
    /// <summary>f̃ of the inputs.</summary>
    /// <param name="pass">Runs the model.</param>
    /// <param name="scope">What the result belongs to.</param>
    /// <param name="trace">The network.</param>
    /// <param name="factors">Its factors.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="plain">A run of the network as it is, for shapes.</param>
    public static Tensor Run(LayerPass pass, DisposeScope scope, NetworkTrace trace, Cumulative factors, Tensor inputs, PassRecord plain)
    {
        if (trace.Places().All(p => p.Sources.Length <= 1))
        {
            return pass.Run(scope, inputs, c => c.Layer.Apply(c.Inputs, Normalized(trace, factors, c.Index)));
        }

        // Where outputs come together, each is weighted by its share, which differs from place to place: a run for every set of outputs that do. An output that goes
        // to one place, alone, has the share 1 in every run.
        HashSet<int> alone = [.. Enumerable.Range(0, trace.Calls.Count).Where(c => trace.Places().All(p => p.Sources.Length == 1 || !p.Sources.Contains(c)))];
        var inputsOf = trace.Calls.Select(c => new Tensor?[c.Sources.Count]).ToList();
        var outputs = new Tensor?[trace.Calls.Count];
        Tensor? output = null;
        foreach (var together in trace.Places().Where(p => p.Sources is not [var only] || !alone.Contains(only)).GroupBy(p => string.Join(" ", p.Sources), StringComparer.Ordinal))
        {
            int[] sources = together.First().Sources;
            double logSum = Cumulative.LogSum(sources, factors.LogOutputs);
            Tensor start = sources is [NetworkTrace.Input, _, ..] ? Share(inputs.to(ScalarType.Float64), 0, logSum) : inputs;
            Tensor end = pass.Run(scope, start, call =>
            {
                for (int slot = 0; slot < call.Inputs.Count; slot++)
                {
                    int[] given = trace.Calls[call.Index].Sources[slot];
                    if (given.SequenceEqual(sources) || (given is [var only] && alone.Contains(only) && outputs[only] is not null))
                    {
                        inputsOf[call.Index][slot] = call.Inputs[slot];
                    }
                }

                if (outputs[call.Index] is null && inputsOf[call.Index].All(i => i is not null))
                {
                    outputs[call.Index] = pass.Own(call.Layer.Apply([.. inputsOf[call.Index]!], Normalized(trace, factors, call.Index)));
                }

                Tensor stands = outputs[call.Index] ?? plain.Outputs[call.Index];
                return sources.Contains(call.Index) ? Share(stands, factors.LogOutputs[call.Index], logSum) : stands.clone();
            });
            output = together.Any(p => p.Call == trace.Calls.Count) || (trace.OutputSources is [var last] && alone.Contains(last) && outputs[last] is not null) ? end : output;
        }

        return output!;
    }

    private static Tensor Share(Tensor tensor, double logOutput, double logSum)
    {
        using Scalar share = Math.Exp(logOutput - logSum);
        return tensor * share;
    }

    private static LayerWeights Normalized(NetworkTrace trace, Cumulative factors, int call)
    {
        NetworkLayer layer = trace.Calls[call].Layer;
        return layer.HasNorm ? layer.Effective().Times(1 / factors.Norms[call], Math.Exp(-factors.LogOutputs[call])) : layer.Effective();
    }
}
