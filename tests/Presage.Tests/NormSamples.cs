using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Networks and numbers for the tests of norms, from seeds.</summary>
internal static class NormSamples
{
    public static Tensor Normal(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }

    /// <summary>Draws all parameters and running statistics anew; biases and shifts are as large as weights, so that none goes unnoticed.</summary>
    public static TModel Drawn<TModel>(TModel model, int seed)
        where TModel : Module
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var generator = new Generator((ulong)seed);
        foreach (var (_, parameter) in model.named_parameters())
        {
            double bound = parameter.dim() < 2 ? 0.5 : 1.5 / Math.Sqrt(parameter[0].numel());
            parameter.uniform_(-bound, bound, generator);
        }

        foreach (var (name, buffer) in model.named_buffers().Where(b => b.buffer.is_floating_point()))
        {
            buffer.uniform_(name.EndsWith("var", StringComparison.Ordinal) ? 0.3 : -0.7, name.EndsWith("var", StringComparison.Ordinal) ? 2 : 0.7, generator);
        }

        return model;
    }

    /// <summary>Every number that a model holds, and the modes of its modules.</summary>
    public static double[] Everything(Module model) =>
    [
        .. model.named_parameters().SelectMany(p => p.parameter.ToDoubles()), .. model.named_buffers().SelectMany(b => b.buffer.ToDoubles()),
        .. model.named_modules().Select(m => m.module.training ? 1.0 : 0.0),
    ];
}
