using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A batch normalization that a layer has taken over.</summary>
/// <param name="Normalization">Its name.</param>
/// <param name="Layer">The name of the layer before it.</param>
public sealed record AbsorbedNormalization(string Normalization, string Layer);

/// <summary>
/// Batch normalization by running statistics absorbed into weights and biases of the linear layer or convolution directly before it:
/// W' = W·γ/√(σ² + ε), b' = (b − μ)·γ/√(σ² + ε) + β an output channel. Source: document 002, Figures 11 and 12.
/// </summary>
public static class BatchNormFolding
{
    // How far the layers were found to be apart, at most, for the network to be called the same.
    private const double Tolerance = 1e-4;

    /// <summary>
    /// Absorbs all batch normalizations of a network, for good: a layer takes W', and what was its normalization adds b' and does nothing else (mean −b', variance 1 − ε, γ 1,
    /// β 0), as a layer need not have a bias. The network is to stay in evaluation mode from then on.
    /// </summary>
    /// <param name="model">The network, in evaluation mode; changed, unless this throws.</param>
    /// <param name="inputs">Some inputs (N, …) to find the order of layers with, and to compare outputs on.</param>
    /// <exception cref="NotHomogeneousException">A normalization has no such layer directly before it, or that layer's output is used elsewhere too, or the outputs differ by more than 10⁻⁴ of the largest.</exception>
    public static IReadOnlyList<AbsorbedNormalization> Absorb(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        NetworkTrace trace = HomogeneousForm.Trace(model, inputs);
        Tensor before = model.call(inputs);
        var absorbed = trace.Layers.Where(l => l.Absorbed is not null).Select(l => (Layer: l, Normalization: l.Absorbed!, Weights: l.Effective())).ToList();
        List<(Tensor Target, Tensor Kept)> kept = [.. model.state_dict().Values.Select(value => (value, value.detach().clone()))];
        foreach (var (layer, normalization, weights) in absorbed)
        {
            Write(layer, normalization, weights);
        }

        Tensor after = model.call(inputs);
        double difference = (after - before).Largest() / before.Largest();
        if (!(difference <= Tolerance))
        {
            kept.ForEach(each => each.Target.copy_(each.Kept));
            throw new NotHomogeneousException($"With its normalizations absorbed the network's outputs differ by {difference:E1} of the largest.");
        }

        return [.. absorbed.Select(a => new AbsorbedNormalization(a.Normalization.Name, a.Layer.Name))];
    }

    /// <summary>The weights of a layer together with the normalization after it.</summary>
    internal static LayerWeights Fold(NetworkLayer layer, LayerWeights weights, LayerWeights normalization)
    {
        Tensor factor = normalization.Weight;
        Tensor weight = weights.Weight;
        long[] ones = [.. weight.shape[(layer is ConvolutionLayer { IsTransposed: true } ? 2 : 1)..].Select(_ => 1L)];
        Tensor scaled = layer is ConvolutionLayer { IsTransposed: true }
            ? (weight.reshape([layer.Groups, -1, .. weight.shape[1..]]) * factor.reshape([layer.Groups, 1, -1, .. ones])).reshape(weight.shape)
            : weight * factor.reshape([-1, .. ones]);
        Tensor shift = normalization.Biases[0];
        return new LayerWeights(scaled, [weights.Biases.Count > 0 ? (weights.Biases[0] * factor) + shift : shift]);
    }

    /// <summary>Gives each normalization to the layer before it.</summary>
    /// <exception cref="NotHomogeneousException">There is no layer before it that can take it.</exception>
    internal static void Assign(LayerPass pass, NetworkTrace trace, Tensor inputs)
    {
        if (!trace.Layers.Any(l => l is BatchNormLayer))
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor sample = inputs.detach()[..(int)Math.Min(2, inputs.shape[0])];
        PassRecord plain = PassRecord.Plain(pass, scope, sample);

        // With noise for outputs, what a normalization gets is a layer's output only where nothing has been done to that.
        PassRecord noise = PassRecord.Of(
            pass, scope, sample, c => randn(plain.Outputs[c.Index].shape, ScalarType.Float64, generator: generator).to(plain.Output.device));
        for (int call = 0; call < trace.Calls.Count; call++)
        {
            if (trace.Calls[call].Layer is BatchNormLayer normalization)
            {
                NetworkLayer layer = LayerBefore(trace, call, noise);
                (layer.Absorbed, normalization.AbsorbedBy) = (normalization, layer);
            }
        }
    }

    private static NetworkLayer LayerBefore(NetworkTrace trace, int call, PassRecord noise)
    {
        string name = trace.Calls[call].Layer.Name;
        int[] sources = trace.Calls[call].Sources[0];
        if (sources is not [>= 0 and var before] || trace.Calls[before].Layer is not (LinearLayer or ConvolutionLayer) || trace.Calls[before].Layer.Absorbed is not null)
        {
            throw Refusal(name, "has no linear layer or convolution directly before it to be absorbed into");
        }

        NetworkLayer layer = trace.Calls[before].Layer;
        Tensor given = noise.Calls[call].Inputs[0];
        if (!PassRecord.AreSame(given, noise.Outputs[before]))
        {
            throw Refusal(name, $"cannot be absorbed into '{layer.Name}', because something else comes between them");
        }

        if (layer is LinearLayer && given.dim() != 2)
        {
            throw Refusal(name, $"cannot be absorbed into '{layer.Name}', whose outputs lie along another dimension than the channels it normalizes");
        }

        if (trace.Places().Any(p => p.Call != call && p.Sources.Contains(before)))
        {
            throw Refusal(name, $"cannot be absorbed into '{layer.Name}', whose output is used elsewhere too");
        }

        return trace.Calls.Count(c => c.Layer == layer || c.Layer == trace.Calls[call].Layer) == 2
            ? layer
            : throw Refusal(name, $"cannot be absorbed into '{layer.Name}', because one of the two is used more than once");
    }

    private static NotHomogeneousException Refusal(string name, string reason) => new(name, $"'{name}', a batch normalization, {reason}.");

    private static void Write(NetworkLayer layer, BatchNormLayer normalization, LayerWeights weights)
    {
        var (weight, bias) = layer.Module switch
        {
            Linear linear => (linear.weight!, linear.bias),
            _ => (((Convolution)layer.Module).weight!, ((Convolution)layer.Module).bias),
        };
        weight.copy_(weights.Weight);
        bias?.zero_();
        var shift = (BatchNorm)normalization.Module;
        using Scalar variance = 1 - shift.eps;
        shift.running_mean!.copy_(-weights.Biases[0]);
        shift.running_var!.fill_(variance);
        shift.weight?.fill_(Numerics.Scalars.One);
        shift.bias?.zero_();
    }
}
