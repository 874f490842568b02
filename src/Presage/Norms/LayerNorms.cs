using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Norms of a layer's weights.</summary>
/// <param name="Layer">The layer's name; with the parameter's where a module holds several arrays of weights.</param>
/// <param name="Shape">Shape of the weights.</param>
/// <param name="Frobenius">‖W‖_F, (Σ w²)^½.</param>
/// <param name="L1">Σ |w|.</param>
/// <param name="Spectral">‖W‖₂, the largest singular value, of what <paramref name="Kind"/> says.</param>
/// <param name="Kind">Which matrix the spectral norm is of.</param>
/// <param name="SpectralTolerance">Relative residual that power iteration ended with; 0 for a decomposition.</param>
/// <param name="StableRank">
/// ‖W‖_F²/‖W‖₂² of the same matrix (a circular convolution's is that of its map of images, whose squared Frobenius norm is the kernel's times the positions); null where the weights are 0.
/// </param>
public sealed record LayerNorms(
    string Layer, long[] Shape, double Frobenius, double L1, double Spectral, SpectralKind Kind, double SpectralTolerance, double? StableRank)
{
    /// <summary>
    /// Norms of every array of weights, of two dimensions or more, that a model's modules hold, each once however often it is shared, in the order of
    /// registration. Batch normalizations are left out; <see cref="HomogeneousForm.LayerNorms"/> counts them to the layers before them.
    /// </summary>
    /// <param name="model">The model; left as it is.</param>
    /// <param name="inputs">Some inputs (N, …), for the size of images that circular convolutions get; null to take their reshaped kernels.</param>
    /// <exception cref="NumericalException">A weight is not finite.</exception>
    public static IReadOnlyList<LayerNorms> Of(nn.Module<Tensor, Tensor> model, Tensor? inputs = null)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Dictionary<nn.Module, long[]> sizes = inputs is null ? [] : ImageSizes.Of(model, inputs);
        var layers = new List<LayerNorms>();
        var seen = new HashSet<IntPtr>();
        foreach (var (name, module) in NetworkLayers.Modules(model))
        {
            var arrays = module.named_parameters(recurse: false).Where(p => p.parameter.dim() >= 2).ToList();
            foreach (var (parameter, weight) in arrays.Where(a => seen.Add(a.parameter.Handle)))
            {
                layers.Add(Of(arrays.Count > 1 ? $"{name}.{parameter}" : name, weight, (module as Convolution)?.groups ?? 1, sizes.GetValueOrDefault(module)));
            }
        }

        return layers;
    }

    /// <summary>ln of the product of norms, which itself may leave the range of numbers.</summary>
    /// <param name="norms">Norms, one a layer.</param>
    public static double LogProduct(IEnumerable<double> norms) => norms.Sum(Math.Log);

    /// <summary>Norms of weights.</summary>
    /// <param name="name">What the layer is called.</param>
    /// <param name="weight">The weights.</param>
    /// <param name="groups">Groups of a convolution.</param>
    /// <param name="circularSize">The size of the images, of a circular convolution that is to be measured as a map; null for all else.</param>
    internal static LayerNorms Of(string name, Tensor weight, long groups, long[]? circularSize)
    {
        double frobenius = WeightNorm.Frobenius.Of(weight);
        SpectralNorm spectral = circularSize is null
            ? Norms.SpectralNorm.OfKernel(weight, groups)
            : new SpectralNorm(Norms.SpectralNorm.OfCircularConvolution(weight, circularSize), 0);
        double positions = circularSize?.Aggregate(1.0, (product, side) => product * side) ?? 1;
        SpectralKind kind = circularSize is not null ? SpectralKind.CircularConvolution : weight.dim() == 2 ? SpectralKind.Matrix : SpectralKind.ReshapedKernel;
        double ratio = frobenius / spectral.Value;
        return new LayerNorms(
            name, weight.shape, frobenius, WeightNorm.L1.Of(weight), spectral.Value, kind, spectral.Tolerance, spectral.Value > 0 ? positions * ratio * ratio : null);
    }
}
