using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A call of a layer in a network's forward pass.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Sources">
/// For each of its inputs the calls whose outputs reach it through no other layer, in order; <see cref="NetworkTrace.Input"/> stands for the network's input.
/// </param>
internal sealed record TracedCall(NetworkLayer Layer, IReadOnlyList<int[]> Sources);

/// <summary>Which layers a network calls in which order, and which feed which: found by running it, not from how it is written.</summary>
/// <param name="Layers">All layers.</param>
/// <param name="Calls">The calls, in the order of the forward pass.</param>
/// <param name="OutputSources">The calls that reach the output through no other layer.</param>
/// <param name="ExampleBytes">Bytes of what the layers are given and give for one example, in float64.</param>
internal sealed record NetworkTrace(IReadOnlyList<NetworkLayer> Layers, IReadOnlyList<TracedCall> Calls, int[] OutputSources, long ExampleBytes)
{
    /// <summary>The network's input, where a call's number is expected.</summary>
    public const int Input = -1;

    // A run holds, for a short time, about four times what layers are given and give: copies, and what the model's code makes of them.
    private const long MostBytes = 100_000_000;

    // Which layer feeds which does not depend on the example.
    private const int TracedExamples = 2;

    /// <summary>The calls' inputs and the output: each place that layers' outputs come together at, with the calls that reach it.</summary>
    public IEnumerable<(int Call, int Slot, int[] Sources)> Places() =>
        Calls.SelectMany((c, call) => c.Sources.Select((s, slot) => (call, slot, s))).Append((Calls.Count, 0, OutputSources));

    /// <summary>Examples, of some, that a run takes at a time, at least one, so that its memory stays within about 1 GB.</summary>
    public int ExamplesAtATime(long examples) => (int)Math.Clamp(MostBytes / Math.Max(1, ExampleBytes), 1, examples);

    /// <summary>What a place is called in a message.</summary>
    public string NameOf(int call) => call == Input ? "the input" : call == Calls.Count ? "the output" : $"'{Calls[call].Layer.Name}'";

    /// <summary>Traces a network.</summary>
    /// <param name="pass">Runs it.</param>
    /// <param name="model">The network.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="inputs">Some inputs.</param>
    /// <exception cref="NotHomogeneousException">It uses parameters outside its layers, draws at random, or a layer is not what its type says.</exception>
    public static NetworkTrace Of(LayerPass pass, nn.Module model, IReadOnlyList<NetworkLayer> layers, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        Tensor sample = inputs.detach()[..(int)Math.Min(TracedExamples, inputs.shape[0])];
        PassRecord first = PassRecord.Plain(pass, scope, sample, asksOwn: true);
        CheckOwn(first);
        CheckRepeats(first, PassRecord.Plain(pass, scope, sample));
        CheckStrays(pass, scope, model, layers, sample, first);

        var sources = first.Calls.Select(c => c.Inputs.Select(_ => new List<int>()).ToArray()).ToList();
        var outputSources = new List<int>();
        for (int source = Input; source < first.Calls.Count; source++)
        {
            using var one = NewDisposeScope();
            bool isInput = source == Input;
            Tensor given = isInput && sample.is_floating_point() ? sample.to(ScalarType.Float64).clone().requires_grad_() : sample;
            PassRecord seen = PassRecord.Of(pass, one, given, c => first.Outputs[c.Index].clone().requires_grad_(c.Index == source));
            seen.CheckSameCalls(first);
            for (int call = 0; call < sources.Count; call++)
            {
                for (int slot = 0; slot < sources[call].Length; slot++)
                {
                    if (seen.Calls[call].Inputs[slot].requires_grad)
                    {
                        sources[call][slot].Add(source);
                    }
                }
            }

            if (seen.Output.requires_grad)
            {
                outputSources.Add(source);
            }
        }

        return new NetworkTrace(
            layers, [.. first.Calls.Select((c, i) => new TracedCall(c.Layer, [.. sources[i].Select(s => s.ToArray())]))], [.. outputSources], first.Bytes / sample.shape[0]);
    }

    // The layer's own output, in its own precision, against what was computed in its place.
    private static void CheckOwn(PassRecord record)
    {
        foreach (LayerCall call in record.Calls)
        {
            Tensor expected = record.Outputs[call.Index];
            using var scope = NewDisposeScope();
            Tensor own = call.Own!.to(ScalarType.Float64);
            double tolerance = call.Own.dtype switch { ScalarType.Float64 => 1e-9, ScalarType.Float32 => 1e-3, _ => 0.1 };
            if (!own.shape.SequenceEqual(expected.shape) || !((own - expected).Largest() <= tolerance * Math.Max(own.Largest(), expected.Largest())))
            {
                throw new NotHomogeneousException(
                    call.Layer.Name,
                    $"'{call.Layer.Name}' ({call.Layer.Module.GetType().Name}) does not give what its type does with its weights, so nothing can be said of it.");
            }
        }
    }

    private static void CheckRepeats(PassRecord first, PassRecord second)
    {
        second.CheckSameCalls(first);
        if (!PassRecord.AreSame(first.Output.detach(), second.Output.detach()))
        {
            throw new NotHomogeneousException("The network gives different outputs for the same inputs: it draws at random (call eval() first) or keeps a state.");
        }
    }

    private static void CheckStrays(LayerPass pass, DisposeScope scope, nn.Module model, IReadOnlyList<NetworkLayer> layers, Tensor sample, PassRecord first)
    {
        PassRecord cut = PassRecord.Of(pass, scope, sample, c => first.Outputs[c.Index].clone());
        if (!cut.Output.requires_grad && !cut.Calls.Any(c => c.Inputs.Any(i => i.requires_grad)))
        {
            return;
        }

        HashSet<NetworkLayer> called = [.. first.Calls.Select(c => c.Layer)];
        (string Layer, string Parameter)[] suspects =
            [.. NetworkLayers.Strays(model, layers), .. layers.Where(l => !called.Contains(l)).Select(l => (l.Name, l.Name))];
        throw suspects.Length == 0
            ? new NotHomogeneousException("The network uses a layer's weights outside the layer, which cannot be accounted for.")
            : new NotHomogeneousException(
                suspects[0].Layer,
                $"The network uses {string.Join(", ", suspects.Select(s => $"'{s.Parameter}'"))} outside any layer that can be accounted for: "
                + "make each weight the parameter of a module of its own, invoked by call().");
    }
}
