using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>How far a layer's weights have moved.</summary>
/// <param name="Layer">The layer's name, as in <see cref="LayerNorms"/>.</param>
/// <param name="Frobenius">‖W − W₀‖_F.</param>
/// <param name="Relative">‖W − W₀‖_F/‖W₀‖_F; null where the weights were 0.</param>
public sealed record LayerDistance(string Layer, double Frobenius, double? Relative);

/// <summary>
/// How far a network's weights (arrays of two dimensions or more: no biases, no scales of normalizations) are from those it started from.
/// Source: Jiang et al. 2019 (Fantastic Generalization Measures), distance from initialization.
/// </summary>
/// <param name="Layers">Layer by layer, in the order of registration.</param>
/// <param name="Frobenius">(Σ over layers of ‖W − W₀‖_F²)^½.</param>
/// <param name="Relative">The same over (Σ ‖W₀‖_F²)^½; null where all weights were 0.</param>
public sealed record DistanceFromInitialization(IReadOnlyList<LayerDistance> Layers, double Frobenius, double? Relative)
{
    /// <summary>Compares a network with what it was.</summary>
    /// <param name="model">The network.</param>
    /// <param name="initial">Its weights at the start by their names in the model, as <c>state_dict()</c> gives them; other entries are ignored.</param>
    /// <exception cref="ArgumentException">A weight is missing, or has another shape.</exception>
    public static DistanceFromInitialization Of(nn.Module model, IReadOnlyDictionary<string, Tensor> initial)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var layers = new List<LayerDistance>();
        double squared = 0;
        double squaredStart = 0;
        foreach (var (name, module) in NetworkLayers.Modules(model))
        {
            var arrays = module.named_parameters(recurse: false).Where(p => p.parameter.dim() >= 2).ToList();
            foreach (var (parameter, weight) in arrays)
            {
                Tensor start = Start(ReferenceEquals(module, model) ? parameter : $"{name}.{parameter}", weight, initial);
                double distance = WeightNorm.Frobenius.Of(weight.to(ScalarType.Float64) - start);
                double size = WeightNorm.Frobenius.Of(start);
                layers.Add(new LayerDistance(arrays.Count > 1 ? $"{name}.{parameter}" : name, distance, size > 0 ? distance / size : null));
                squared += distance * distance;
                squaredStart += size * size;
            }
        }

        return new DistanceFromInitialization(layers, Math.Sqrt(squared), squaredStart > 0 ? Math.Sqrt(squared / squaredStart) : null);
    }

    /// <summary>Compares a network with another of the same architecture.</summary>
    /// <param name="model">The network.</param>
    /// <param name="initial">The network it started from.</param>
    /// <exception cref="ArgumentException">A weight is missing, or has another shape.</exception>
    public static DistanceFromInitialization Of(nn.Module model, nn.Module initial) =>
        Of(model, initial.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter, StringComparer.Ordinal));

    private static Tensor Start(string name, Tensor weight, IReadOnlyDictionary<string, Tensor> initial)
    {
        if (!initial.TryGetValue(name, out Tensor? start) || !start.shape.SequenceEqual(weight.shape))
        {
            throw new ArgumentException(
                $"Expected initial weights '{name}' of shape ({string.Join(", ", weight.shape)}), but {(start is null ? "there are none" : $"they have shape ({string.Join(", ", start.shape)})")}.",
                nameof(initial));
        }

        return start.detach().to(weight.device).to(ScalarType.Float64);
    }
}
