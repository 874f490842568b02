using Presage.Gradients;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>The sizes of images that a model's convolutions get.</summary>
internal static class ImageSizes
{
    /// <summary>Those of its convolutions whose norm as a map is known exactly, found by running it on one example, and which are always given images of one size.</summary>
    public static Dictionary<nn.Module, long[]> Of(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var state = new PreservedState(model);
        using var mode = new EvaluationMode(model);
        var sizes = new Dictionary<nn.Module, long[]>(ReferenceEqualityComparer.Instance);
        var others = new HashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        var stops = new List<Action>();
        try
        {
            foreach (var (name, module) in NetworkLayers.Modules(model))
            {
                if (module is Convolution convolution)
                {
                    var layer = new ConvolutionLayer(name, convolution);
                    stops.Add(convolution.register_forward_hook((_, input, output) =>
                    {
                        long[] size = input.shape[^convolution.kernel_size.Length..];
                        bool isCircular = layer.IsCircular(size, output.shape[^size.Length..]);
                        if (!isCircular || (!sizes.TryAdd(module, size) && !sizes[module].SequenceEqual(size)))
                        {
                            others.Add(module);
                        }

                        return output;
                    }).remove);
                }
            }

            model.call(inputs.detach()[..1]);
        }
        finally
        {
            stops.ForEach(stop => stop());
        }

        foreach (nn.Module other in others)
        {
            sizes.Remove(other);
        }

        return sizes;
    }
}
