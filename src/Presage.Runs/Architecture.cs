using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>A network's layers in a line.</summary>
public static class Architecture
{
    /// <summary>The modules that own trainable parameters, in the order of the model; for example "conv 1-10 5x5, fc 160-10".</summary>
    /// <param name="model">The network.</param>
    public static string Of(nn.Module model) => string.Join(", ", WithParameters(model).Select(Describe));

    private static IEnumerable<nn.Module> WithParameters(nn.Module module) =>
        module.named_children().SelectMany(child => WithParameters(child.module))
            .Concat(module.named_parameters(recurse: false).Any(p => p.parameter.requires_grad) ? [module] : []);

    private static string Describe(nn.Module module) => module switch
    {
        Linear linear => $"fc {linear.in_features}-{linear.out_features}",
        Conv2d convolution => $"conv {convolution.in_channels}-{convolution.out_channels} {string.Join('x', convolution.kernel_size)}",
        _ => module.GetName(),
    };
}
