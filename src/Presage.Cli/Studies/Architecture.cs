using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>A network's layers in a line.</summary>
internal static class Architecture
{
    /// <summary>For example "conv 1-10 5x5, fc 160-10".</summary>
    public static string Of(nn.Module model) => string.Join(", ", model.children().Select(Describe).OfType<string>());

    private static string? Describe(nn.Module module) => module switch
    {
        Linear linear => $"fc {linear.in_features}-{linear.out_features}",
        Conv2d convolution => $"conv {convolution.in_channels}-{convolution.out_channels} {string.Join('x', convolution.kernel_size)}",
        _ => null,
    };
}
