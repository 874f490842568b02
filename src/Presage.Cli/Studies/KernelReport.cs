using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>What an infinitely wide network's kernel says of a training set.</summary>
/// <param name="Options">The kernel.</param>
/// <param name="Inputs">The examples.</param>
/// <param name="Exponent">Exponent of two that the kernel and its eigenvalues are over.</param>
/// <param name="Matrix">The training set's kernel (m, m), row-major; null unless it is small.</param>
/// <param name="Spectrum">Its eigenvalues; null where none were asked for.</param>
/// <param name="PredictorAccuracy">Share of the test examples that the mean predictor gives their label; null without labels.</param>
/// <param name="LeaveOneOutAccuracy">Share of the training examples that the others give their label; null without labels.</param>
internal sealed record KernelReport(
    KernelOptions Options,
    KernelInputs Inputs,
    int Exponent,
    double[]? Matrix,
    KernelSpectrum? Spectrum,
    double? PredictorAccuracy = null,
    double? LeaveOneOutAccuracy = null)
{
    /// <summary>Examples up to which a matrix is small.</summary>
    public const int Small = 64;

    /// <summary>Exponent of two that numbers are printed over: 0 where float64 holds the kernel itself.</summary>
    public int MatrixExponent => (Spectrum is { } spectrum ? (Matrix ?? []).Append(spectrum.Largest) : Matrix ?? []).All(value => value == 0 || double.IsNormal(Math.ScaleB(value, Exponent))) ? 0 : Exponent;
}
