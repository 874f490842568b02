using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A layer's part in ρ.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Norm">Norm of its weights, those of a batch normalization after it absorbed.</param>
/// <param name="LogCumulative">ln of what the layer's output is divided by in the normalized network, and its bias with it.</param>
public sealed record LayerFactor(string Layer, double Norm, double LogCumulative);

/// <summary>The layers' norms and what becomes of them.</summary>
/// <param name="Layers">The calls of layers with weights, in the order of the forward pass.</param>
/// <param name="LogNorm">ln ρ.</param>
public sealed record NormFactors(IReadOnlyList<LayerFactor> Layers, double LogNorm)
{
    /// <summary>ρ; infinite where it exceeds the range of numbers, while <see cref="LogNorm"/> does not.</summary>
    public double Norm => Math.Exp(LogNorm);
}

/// <summary>
/// How a network depends on the sizes of its layers' weights: f = ρ·f̃ with f̃ the network whose layers have norm 1. Found once a network, by running it; after that ρ
/// follows from the weights alone, as often as they change. Source: document 002, eq. 1 and 7.
/// </summary>
/// <remarks>
/// <para>
/// ρ is the sum, over all paths of layers from input to output, of the product of norms along the path. Without branches there is one path, and ρ is the document's
/// product. With branches, as in residual networks, the document leaves ρ open; the sum is exact (see below), and for the spectral norm it bounds the network's
/// Lipschitz constant as the product does: a sum of branches is at most the sum of their bounds. An identity shortcut counts as norm 1, so a block
/// x + F(x) multiplies ρ by 1 + ρ_F.
/// </para>
/// <para>
/// Each layer's output is divided by its cumulative factor c: c = norm · c' behind a layer, and c' = Σ c over the layers whose outputs come together before it. In f̃ a
/// layer has weights W/norm and bias b/c, and where outputs come together that of layer i is weighted by its share c_i/c', so that shares sum to 1. What lies between
/// layers (ReLU, pooling, sums, concatenation) must be positively homogeneous, and is tested: its inputs are scaled by numbers between 10⁻⁴ and 10⁴, and its output has
/// to follow. What comes before the first layer need not be.
/// </para>
/// </remarks>
public sealed class HomogeneousForm
{
    private readonly NetworkTrace _trace;

    private HomogeneousForm(NetworkTrace trace) => _trace = trace;

    /// <summary>Names of the layers with weights, in the order of the forward pass.</summary>
    public IReadOnlyList<string> Layers => [.. _trace.Calls.Where(c => c.Layer.HasNorm).Select(c => c.Layer.Name)];

    /// <summary>Whether there is one path of layers only, so that ρ is a product.</summary>
    public bool IsProduct => _trace.Places().All(p => p.Sources.Length <= 1);

    /// <summary>The batch normalizations whose running statistics, scales and shifts are counted to the layer before them.</summary>
    public IReadOnlyList<AbsorbedNormalization> Absorbed =>
        [.. _trace.Layers.Where(l => l.Absorbed is not null).Select(l => new AbsorbedNormalization(l.Absorbed!.Name, l.Name))];

    internal NetworkTrace Network => _trace;

    /// <summary>Finds the form of a network. The network is left as it is.</summary>
    /// <param name="model">The network, in the mode it is to be judged in: evaluation mode where it has dropout or batch normalization.</param>
    /// <param name="inputs">A few inputs (N, …), such as it is used on; of more than fit into about 1 GB of memory the first are taken.</param>
    /// <exception cref="NotHomogeneousException">It has none, or none that can be told; the message says why and names the layer.</exception>
    public static HomogeneousForm Of(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var state = new PreservedState(model);
        IReadOnlyList<NetworkLayer> layers = NetworkLayers.Of(model);
        using var pass = new LayerPass(model, layers);
        NetworkTrace trace = Traced(model, inputs, layers, pass);
        HomogeneityTest.Check(pass, model, trace, inputs[..trace.ExamplesAtATime(inputs.shape[0])]);
        return new HomogeneousForm(trace);
    }

    /// <summary>The layers' norms, and ρ, with the weights as they are now.</summary>
    /// <param name="norm">The norm of a layer's weights.</param>
    /// <exception cref="NotHomogeneousException">A layer's norm is 0, or a layer with a bias is used at places with different factors.</exception>
    /// <exception cref="NumericalException">A weight is not finite.</exception>
    public NormFactors Factors(WeightNorm norm)
    {
        using var scope = NewDisposeScope();
        Cumulative factors = Cumulative.Of(_trace, norm);
        return new NormFactors(
            [.. _trace.Calls.Select((c, i) => (c, i)).Where(c => c.c.Layer.HasNorm).Select(c => new LayerFactor(c.c.Layer.Name, factors.Norms[c.i], factors.LogOutputs[c.i]))],
            factors.LogNorm);
    }

    /// <summary>All norms of the layers' weights as they are now, batch normalizations absorbed, in the order of the forward pass; spectral norms are those of reshaped kernels.</summary>
    /// <exception cref="NumericalException">A weight is not finite.</exception>
    public IReadOnlyList<LayerNorms> LayerNorms()
    {
        using var scope = NewDisposeScope();
        return
        [
            .. _trace.Calls.Select(c => c.Layer).Where(l => l.HasNorm).Distinct()
                .Select(l => Norms.LayerNorms.Of(l.Name, l.Effective().Weight, l.Groups, circularSize: null)),
        ];
    }

    /// <summary>ln ρ with the weights as they are now; null where a layer's norm is 0 or not finite, or ρ exceeds the range of numbers.</summary>
    /// <param name="norm">The norm of a layer's weights.</param>
    public double? TryLogNorm(WeightNorm norm)
    {
        try
        {
            NormFactors factors = Factors(norm);
            return double.IsFinite(factors.Norm) && double.IsFinite(1 / factors.Norm) ? factors.LogNorm : null;
        }
        catch (Exception exception) when (exception is NotHomogeneousException or NumericalException)
        {
            return null;
        }
    }

    /// <summary>The layers of a network and how they feed each other, with batch normalizations assigned.</summary>
    internal static NetworkTrace Trace(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var state = new PreservedState(model);
        IReadOnlyList<NetworkLayer> layers = NetworkLayers.Of(model);
        using var pass = new LayerPass(model, layers);
        return Traced(model, inputs, layers, pass);
    }

    private static NetworkTrace Traced(nn.Module<Tensor, Tensor> model, Tensor inputs, IReadOnlyList<NetworkLayer> layers, LayerPass pass)
    {
        if (inputs.dim() == 0 || inputs.shape[0] == 0)
        {
            throw new ArgumentException($"Expected inputs (N, …) with N ≥ 1, but got ({string.Join(", ", inputs.shape)}).", nameof(inputs));
        }

        NetworkTrace trace = NetworkTrace.Of(pass, model, layers, inputs);
        if (!trace.OutputSources.Any(s => s >= 0))
        {
            throw new NotHomogeneousException("The network's output depends on no layer with weights.");
        }

        BatchNormFolding.Assign(pass, trace, inputs);
        return trace;
    }
}
