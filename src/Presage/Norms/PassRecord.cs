using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>What layers were given and gave in a run of a model, in float64.</summary>
/// <param name="Calls">The calls, in order.</param>
/// <param name="Outputs">What stood in for each call's output.</param>
/// <param name="Output">The model's output.</param>
internal sealed record PassRecord(IReadOnlyList<LayerCall> Calls, IReadOnlyList<Tensor> Outputs, Tensor Output)
{
    /// <summary>A run with the layers as they are, batch normalizations absorbed where they have been.</summary>
    public static PassRecord Plain(LayerPass pass, DisposeScope scope, Tensor inputs, bool asksOwn = false) =>
        Of(pass, scope, inputs, AsItIs, asksOwn);

    /// <summary>A run with other outputs in the layers' place.</summary>
    public static PassRecord Of(LayerPass pass, DisposeScope scope, Tensor inputs, Func<LayerCall, Tensor> compute, bool asksOwn = false)
    {
        var calls = new List<LayerCall>();
        var outputs = new List<Tensor>();
        Tensor output = pass.Run(
            scope,
            inputs,
            call =>
            {
                calls.Add(call);
                outputs.Add(compute(call));
                return outputs[^1];
            },
            asksOwn);
        return new PassRecord(calls, outputs, output);
    }

    /// <summary>Bytes of all that the layers were given and gave.</summary>
    public long Bytes => Calls.SelectMany(c => c.Inputs).Concat(Outputs).Sum(t => t.numel() * t.ElementSize);

    /// <summary>Whether two tensors hold the same numbers.</summary>
    public static bool AreSame(Tensor first, Tensor second) => first.shape.SequenceEqual(second.shape) && first.eq(second).all().item<bool>();

    /// <exception cref="NotHomogeneousException">The calls are others than in another run.</exception>
    public void CheckSameCalls(PassRecord other)
    {
        if (!Calls.Select(c => c.Layer).SequenceEqual(other.Calls.Select(c => c.Layer), ReferenceEqualityComparer.Instance))
        {
            throw new NotHomogeneousException("The network calls other layers, or in another order, from one run to the next: it is no fixed map.");
        }
    }

    private static Tensor AsItIs(LayerCall call)
    {
        using var scope = NewDisposeScope();
        return call.Layer.Apply(call.Inputs, call.Layer.Effective()).MoveToOuterDisposeScope();
    }
}
