using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>The layers of a model that hold numbers of their own.</summary>
internal static class NetworkLayers
{
    /// <summary>All of them, in the order in which the model lists its modules, each once however often it is used.</summary>
    /// <exception cref="NotHomogeneousException">One is none that a network normalized layer by layer can have.</exception>
    public static IReadOnlyList<NetworkLayer> Of(nn.Module model)
    {
        var layers = new List<NetworkLayer>();
        foreach (var (name, module) in Modules(model))
        {
            CheckMode(name, module);
            if (Known(name, module) is { } layer)
            {
                layers.Add(layer);
            }
        }

        return layers;
    }

    /// <summary>The modules by name, each once, the model itself first.</summary>
    public static IEnumerable<(string Name, nn.Module Module)> Modules(nn.Module model) =>
        new[] { (LayerNames.OfModule(model, ""), model) }
            .Concat(model.named_modules().Where(m => m.name.Length > 0).Select(m => (m.name, m.module)))
            .DistinctBy(m => m.Item2, ReferenceEqualityComparer.Instance);

    /// <summary>Trainable parameters that belong to none of the layers: the module that holds them, and their name.</summary>
    public static IEnumerable<(string Layer, string Parameter)> Strays(nn.Module model, IReadOnlyList<NetworkLayer> layers)
    {
        HashSet<nn.Module> known = new(layers.Select(l => l.Module), ReferenceEqualityComparer.Instance);
        return from m in Modules(model)
               where !known.Contains(m.Module)
               from p in m.Module.named_parameters(recurse: false)
               where p.parameter.requires_grad
               select (m.Name, ReferenceEquals(m.Module, model) ? p.name : $"{m.Name}.{p.name}");
    }

    private static NetworkLayer? Known(string name, nn.Module module)
    {
        bool isTorchSharp = module.GetType().Assembly == typeof(nn.Module).Assembly;
        return module switch
        {
            Linear linear when isTorchSharp => new LinearLayer(name, linear),
            Convolution convolution when isTorchSharp => new ConvolutionLayer(name, convolution),
            Bilinear bilinear when isTorchSharp => new BilinearLayer(name, bilinear),
            Embedding embedding when isTorchSharp => new EmbeddingLayer(name, embedding),
            PReLU slopes when isTorchSharp => new PReluLayer(name, slopes),
            BatchNorm normalization when isTorchSharp => new BatchNormLayer(name, normalization),
            LayerNorm or GroupNorm or InstanceNorm or Models.RmsNorm => throw new NotHomogeneousException(
                name,
                $"'{name}' ({module.GetType().Name}) divides by the size of what it gets, so that scaling the layers before it does not scale its output: "
                + "only batch normalization with running statistics can be absorbed into the layer before it."),
            nn.Module<Tensor, Tensor> own when !isTorchSharp && !module.children().Any() => Own(name, own),
            _ => null,
        };
    }

    private static OwnLayer? Own(string name, nn.Module<Tensor, Tensor> module)
    {
        Parameter[] parameters = [.. module.named_parameters(recurse: false).Select(p => p.parameter)];
        Parameter[] arrays = [.. parameters.Where(p => p.dim() >= 2)];
        return arrays.Length switch
        {
            0 => null,
            1 => new OwnLayer(name, module, arrays[0], [.. parameters.Where(p => p.dim() < 2)]),
            _ => throw new NotHomogeneousException(
                name, $"'{name}' ({module.GetType().Name}) holds {arrays.Length} arrays of weights, whose order cannot be told: make each a module."),
        };
    }

    private static void CheckMode(string name, nn.Module module)
    {
        double? dropped = module switch
        {
            Dropout m => m.p,
            Dropout1d m => m.p,
            Dropout2d m => m.p,
            Dropout3d m => m.p,
            AlphaDropout m => m.p,
            FeatureAlphaDropout m => m.p,
            _ => null,
        };
        if (dropped > 0 && module.training)
        {
            throw new NotHomogeneousException(name, $"'{name}' ({module.GetType().Name}) draws at random in training mode: call eval() first.");
        }

        if (module is BatchNorm { training: true } or BatchNorm { track_running_stats: false })
        {
            throw new NotHomogeneousException(
                name,
                $"'{name}' ({module.GetType().Name}) normalizes by the batch it gets, so that it is no fixed map: {(module.training ? "call eval() first." : "it keeps no running statistics.")}");
        }
    }
}
