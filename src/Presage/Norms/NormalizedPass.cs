using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Runs the normalized network f̃.</summary>
internal static class NormalizedPass
{
    /// <summary>f̃ of the inputs.</summary>
    /// <param name="pass">Runs the model.</param>
    /// <param name="trace">The network.</param>
    /// <param name="factors">Its factors.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="shapes">Shape of each call's output.</param>
    /// <returns>The outputs, in the caller's scope.</returns>
    public static Tensor Run(LayerPass pass, NetworkTrace trace, Cumulative factors, Tensor inputs, IReadOnlyList<long[]> shapes)
    {
        using var scope = NewDisposeScope();
        return trace.Places().All(p => p.Sources.Length <= 1)
            ? pass.Run(
                scope,
                inputs,
                call =>
                {
                    Tensor output = Apply(trace, factors, call.Index, call.Inputs);
                    DisposeAll(call.Inputs);
                    return output;
                }).MoveToOuterDisposeScope()
            : new Branches(pass, scope, trace, factors, inputs, shapes).Run().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Where outputs come together, each is weighted by its share, which differs from place to place: a run for every set of outputs that do. An output that goes
    /// to one place, alone, has the share 1 in every run. Only what a later run needs outlives a run, so that memory does not grow with their number.
    /// </summary>
    private sealed class Branches
    {
        private readonly LayerPass _pass;
        private readonly DisposeScope _kept;
        private readonly NetworkTrace _trace;
        private readonly Cumulative _factors;
        private readonly Tensor _inputs;
        private readonly IReadOnlyList<long[]> _shapes;
        private readonly HashSet<int> _alone;
        private readonly List<Tensor?[]> _inputsOf;
        private readonly Tensor?[] _outputs;
        private readonly bool[] _isComputed;
        private Tensor? _output;

        public Branches(LayerPass pass, DisposeScope kept, NetworkTrace trace, Cumulative factors, Tensor inputs, IReadOnlyList<long[]> shapes)
        {
            (_pass, _kept, _trace, _factors, _inputs, _shapes) = (pass, kept, trace, factors, inputs, shapes);
            _alone = [.. Enumerable.Range(0, trace.Calls.Count).Where(c => trace.Places().All(p => p.Sources.Length == 1 || !p.Sources.Contains(c)))];
            _inputsOf = trace.Calls.Select(c => new Tensor?[c.Sources.Count]).ToList();
            (_outputs, _isComputed) = (new Tensor?[trace.Calls.Count], new bool[trace.Calls.Count]);
        }

        public Tensor Run()
        {
            int[][] sets = [.. _trace.Places().Select(p => p.Sources).Where(s => s is not [var only] || !_alone.Contains(only)).DistinctBy(s => string.Join(" ", s), StringComparer.Ordinal)];
            for (int run = 0; run < sets.Length; run++)
            {
                Run(sets[run]);
                Release(sets[(run + 1)..]);
            }

            return _output!;
        }

        private void Run(int[] sources)
        {
            using var scope = NewDisposeScope();
            double logSum = Cumulative.LogSum(sources, _factors.LogOutputs);
            Tensor start = sources is [NetworkTrace.Input, _, ..] ? Share(_inputs.to(ScalarType.Float64), 0, logSum) : _inputs;
            Tensor end = _pass.Run(scope, start, call =>
            {
                Take(call, sources);
                Tensor? known = _outputs[call.Index];
                return known is null ? zeros(_shapes[call.Index], ScalarType.Float64, _inputs.device)
                    : sources.Contains(call.Index) ? Share(known, _factors.LogOutputs[call.Index], logSum)
                    : known.clone();
            });
            if (_trace.OutputSources.SequenceEqual(sources) || (_trace.OutputSources is [>= 0 and var last] && _alone.Contains(last) && _outputs[last] is not null))
            {
                _output?.Dispose();
                _output = Keep(end);
            }
        }

        // What reaches the call as f̃ has it is kept, and its output computed as soon as all inputs are there.
        private void Take(LayerCall call, int[] sources)
        {
            Tensor?[] inputs = _inputsOf[call.Index];
            for (int slot = 0; slot < inputs.Length; slot++)
            {
                int[] given = _trace.Calls[call.Index].Sources[slot];
                bool isRight = given.SequenceEqual(sources) || (given is [>= 0 and var only] && _alone.Contains(only) && _outputs[only] is not null);
                if (isRight && inputs[slot] is null && !_isComputed[call.Index])
                {
                    inputs[slot] = Keep(call.Inputs[slot]);
                }
                else
                {
                    call.Inputs[slot].Dispose();
                }
            }

            if (!_isComputed[call.Index] && inputs.All(i => i is not null))
            {
                _outputs[call.Index] = Keep(Apply(_trace, _factors, call.Index, [.. inputs.OfType<Tensor>()]));
                _isComputed[call.Index] = true;
                DisposeAll(inputs.OfType<Tensor>());
            }
        }

        private void Release(int[][] later)
        {
            for (int call = 0; call < _outputs.Length; call++)
            {
                bool isNeeded = _alone.Contains(call)
                    ? _trace.Places().Any(p => p.Sources.Contains(call) && (p.Call == _trace.Calls.Count ? _output is null : !_isComputed[p.Call]))
                    : Array.Exists(later, s => s.Contains(call));
                if (!isNeeded)
                {
                    _outputs[call]?.Dispose();
                    _outputs[call] = null;
                }
            }
        }

        private Tensor Keep(Tensor tensor)
        {
            _kept.Attach(tensor.DetachFromDisposeScope());
            return tensor;
        }
    }

    private static Tensor Apply(NetworkTrace trace, Cumulative factors, int call, IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        return trace.Calls[call].Layer.Apply(inputs, Normalized(trace, factors, call)).MoveToOuterDisposeScope();
    }

    private static void DisposeAll(IEnumerable<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            tensor.Dispose();
        }
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
