using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>The kernel that is asked for.</summary>
/// <param name="Network">The network.</param>
/// <param name="Kind">Which kernel.</param>
internal sealed record KernelOptions(KernelNetwork Network, KernelKind Kind = KernelKind.Tangent)
{
    // Rounding to float32, and what pairs of images computed in it were seen to be off by.
    private const double SingleRounding = 1.0 / (1 << 24);
    private const double SingleConvolution = 1e-5;

    /// <summary>Whether pairs are computed and kept in float32; else float64.</summary>
    public bool IsSingle { get; init; }

    /// <summary>Whether eigenvalues, and what follows from them, are wanted.</summary>
    public bool HasSpectrum { get; init; } = true;

    /// <summary>The folder that the kernel is kept in; null for none.</summary>
    public string? Folder { get; init; }

    /// <summary>Relative error of the kernel's entries, beyond float64's.</summary>
    public double EntryError => IsSingle ? Network.Filter is null ? SingleRounding : SingleConvolution : 0;
}
