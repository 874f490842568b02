using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Tests, on a sample, that what lies between a network's layers is positively homogeneous, and that layers of the user's own are homogeneous in their weights and biases.
/// </summary>
internal static class HomogeneityTest
{
    // Far enough from 1 that what is bent anywhere (ReLU6, softplus) shows, and that no constant added stays hidden.
    private static readonly double[] Factors = [1e-4, 0.37, 5.3, 1e4];

    // Of the largest entry.
    private const double Tolerance = 1e-6;

    /// <exception cref="NotHomogeneousException">Something is not.</exception>
    public static void Check(LayerPass pass, nn.Module<Tensor, Tensor> model, NetworkTrace trace, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor sample = inputs.detach();
        PassRecord plain = PassRecord.Plain(pass, scope, sample);
        CheckReached(trace, plain);
        bool mixes = trace.Places().Any(p => p.Sources.Length > 1 && p.Sources[0] == NetworkTrace.Input);
        foreach (double factor in Factors)
        {
            CheckBetween(pass, model, trace, sample, plain, factor, scalesInput: false);
            if (mixes && sample.is_floating_point())
            {
                CheckBetween(pass, model, trace, sample, plain, factor, scalesInput: true);
            }
        }

        foreach (LayerCall call in plain.Calls.Where(c => c.Layer is OwnLayer))
        {
            CheckLayer(call, plain.Outputs[call.Index], isFirst: trace.Calls[call.Index].Sources[0] is not [.., >= 0]);
        }
    }

    // Where nothing arrives, nothing shows.
    private static void CheckReached(NetworkTrace trace, PassRecord plain)
    {
        foreach (LayerCall call in plain.Calls)
        {
            if (call.Inputs.Any(i => i.is_floating_point() && i.Largest() == 0))
            {
                throw new NotHomogeneousException(
                    call.Layer.Name, $"All that reaches {trace.NameOf(call.Index)} on the inputs given is 0, so that nothing can be tested there: give other inputs.");
            }
        }
    }

    private static void CheckBetween(
        LayerPass pass, nn.Module<Tensor, Tensor> model, NetworkTrace trace, Tensor sample, PassRecord plain, double factor, bool scalesInput)
    {
        using var scope = NewDisposeScope();
        using Scalar scale = factor;
        Tensor given = scalesInput ? sample.to(ScalarType.Float64) * scale : sample;
        PassRecord scaled = PassRecord.Of(pass, scope, given, c => plain.Outputs[c.Index] * scale);
        scaled.CheckSameCalls(plain);
        foreach (var (call, slot, sources) in trace.Places())
        {
            bool isMixed = sources.Length > 1 && sources[0] == NetworkTrace.Input;
            if (sources is [.., >= 0] && isMixed == scalesInput && !Follows(At(plain, call, slot), At(scaled, call, slot), factor))
            {
                throw new BentPlace(pass, model, trace, sample, plain).Refusal(call, sources, factor);
            }
        }

        static Tensor At(PassRecord record, int call, int slot) => call == record.Calls.Count ? record.Output : record.Calls[call].Inputs[slot];
    }

    /// <summary>Whether a tensor is the other times a factor.</summary>
    public static bool Follows(Tensor plain, Tensor scaled, double factor)
    {
        using var scope = NewDisposeScope();
        using Scalar scale = factor;
        return plain.shape.SequenceEqual(scaled.shape)
            && (scaled.to(ScalarType.Float64) - (plain.to(ScalarType.Float64) * scale)).Largest() <= Tolerance * factor * plain.Largest();
    }

    // Weights by s, biases by s·t, inputs by t: the output has to follow by s·t. What only the network's input reaches is never scaled.
    private static void CheckLayer(LayerCall call, Tensor plain, bool isFirst)
    {
        double tolerance = call.Layer.Type == ScalarType.Float64 ? 1e-9 : 1e-4;
        foreach (var (s, t) in new[] { (0.3, 1.0), (1.7, 1.0), (0.6, 23.0), (2.9, 0.04), (40.0, 0.001) })
        {
            if (t != 1 && isFirst)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            using Scalar input = t;
            using Scalar both = s * t;
            Tensor given = t == 1 ? call.Inputs[0] : call.Inputs[0] * input;
            Tensor got = call.Layer.Apply([given], call.Layer.Weights().Times(s, s * t));
            if (!((got - (plain * both)).Largest() <= tolerance * s * t * plain.Largest()))
            {
                throw new NotHomogeneousException(
                    call.Layer.Name,
                    $"'{call.Layer.Name}' ({call.Layer.Module.GetType().Name}) is not positively homogeneous: with weights times {s}, biases times {s * t} and inputs times {t} its output is not {s * t} times what it was.");
            }
        }
    }
}
