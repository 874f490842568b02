using Presage.Kernels;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>A kernel in the words of the program's options, as documents and folders of tiles name it.</summary>
/// <param name="Activation">Name of φ.</param>
/// <param name="Depth">Hidden layers.</param>
/// <param name="SigmaW2">σ_w².</param>
/// <param name="SigmaB2">σ_b².</param>
/// <param name="InputScaling">Whether products of inputs are divided by their number.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="Image">The examples' shape CxHxW; null without convolutions, like the next three.</param>
/// <param name="Filter">The filter HxW.</param>
/// <param name="Padding">What lies beyond an image's edges.</param>
/// <param name="Stride">Positions from one output to the next.</param>
/// <param name="Kind">"ntk" or "nngp".</param>
/// <param name="Precision">"float32" or "float64".</param>
internal sealed record KernelDescription(
    string Activation,
    int Depth,
    double SigmaW2,
    double SigmaB2,
    bool InputScaling,
    string Arch,
    string? Image,
    string? Filter,
    string? Padding,
    int? Stride,
    string Kind,
    string Precision)
{
    /// <summary>Describes the kernel of some examples.</summary>
    public static KernelDescription Of(KernelOptions options, KernelInputs inputs)
    {
        KernelNetwork network = options.Network;
        KernelFilter? filter = network.Filter;
        return new KernelDescription(
            network.Activation.Name,
            network.Depth,
            network.WeightVariance,
            network.BiasVariance,
            network.ScalesInputs,
            network.Architecture,
            filter is null ? null : Invariant($"{inputs.Shape.Channels}x{inputs.Shape.Height}x{inputs.Shape.Width}"),
            filter is null ? null : Invariant($"{filter.Height}x{filter.Width}"),
            filter is null ? null : NameOf(filter.Padding),
            filter?.Stride,
            options.Kind == KernelKind.Tangent ? "ntk" : "nngp",
            options.IsSingle ? "float32" : "float64");
    }

    /// <summary>"same", "circular" or "valid".</summary>
    public static string NameOf(FilterPadding padding) => padding.ToString().ToLowerInvariant();
}
