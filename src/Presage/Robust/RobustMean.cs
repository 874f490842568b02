using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Robust;

/// <summary>
/// Means of examples' gradients, or of any numbers, that outliers among the examples do not move far: coordinate by coordinate, the k smallest and the k
/// largest of N numbers are clipped or left out.
/// </summary>
/// <remarks>k = ⌊c·N/100⌋, so that of 100 examples c are clipped at each end; where that would leave none it is the median, and so it is for c = 50.</remarks>
public static class RobustMean
{
    // A span ends at 2 GiB.
    private const long MostNumbers = 1L << 27;

    /// <summary>How many of N examples are clipped or left out at each end.</summary>
    /// <param name="examples">N, at least 1.</param>
    /// <param name="percent">c, from 0 to 50.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range.</exception>
    public static int CountOf(int examples, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(examples);
        if (!(percent is >= 0 and <= 50))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "Expected from 0 to 50 percent.");
        }

        // A product that rounding left just below a whole number is that number.
        return (int)Math.Floor(percent * examples / 100 + 1e-9);
    }

    /// <summary>
    /// The mean after the k smallest numbers are raised to the next one and the k largest lowered likewise; the median for c = 50.
    /// Source: document 003, section 7 (winsorized gradient descent).
    /// </summary>
    /// <param name="values">Numbers of each example (N, …), float32 or float64.</param>
    /// <param name="percent">c, from 0, which is the mean, to 50, which is the median.</param>
    /// <returns>Means (…), in the type and on the device of the numbers.</returns>
    /// <exception cref="ArgumentException">The numbers are of another type, or there is no example.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is out of its range.</exception>
    /// <exception cref="NumericalException">A number is not finite.</exception>
    public static Tensor Winsorized(Tensor values, double percent) => Of(values, percent, Extremes.Clipped);

    /// <summary>The mean without the k smallest and the k largest numbers; the median for c = 50.</summary>
    /// <inheritdoc cref="Winsorized(Tensor, double)"/>
    public static Tensor Trimmed(Tensor values, double percent) => Of(values, percent, Extremes.LeftOut);

    /// <summary>The same by sorting, on any device: the slow way.</summary>
    internal static Tensor BySorting(Tensor values, int few, Extremes extremes)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long rows = values.shape[0];
        long k = Math.Min(few, (rows - 1) / 2);
        if (!values.isfinite().all().item<bool>())
        {
            throw NotFinite();
        }

        Tensor kept = values.sort(dim: 0).Values.narrow(0, k, rows - 2 * k);
        Tensor sum = kept.sum(dim: 0);
        if (extremes == Extremes.Clipped)
        {
            using Scalar times = (double)k;
            sum += (kept[0] + kept[-1]) * times;
        }

        using Scalar counted = (double)(extremes == Extremes.Clipped ? rows : rows - 2 * k);
        return (sum / counted).MoveToOuterDisposeScope();
    }

    internal static unsafe Tensor Of(Tensor values, double percent, Extremes extremes)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.dim() == 0 || values.shape[0] == 0 || values.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException(
                $"Expected numbers (N, …) of type Float32 or Float64 of at least one example, but got shape [{string.Join(", ", values.shape)}] of type {values.dtype}.", nameof(values));
        }

        int rows = checked((int)values.shape[0]);
        int few = CountOf(rows, percent);
        if (values.device_type != DeviceType.CPU)
        {
            return BySorting(values, few, extremes);
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor flat = values.detach().reshape(rows, -1);
        nint columns = (nint)flat.shape[1];
        if (flat.numel() > MostNumbers && columns > 1)
        {
            long half = columns / 2;
            return cat([Of(flat.narrow(1, 0, half), percent, extremes), Of(flat.narrow(1, half, columns - half), percent, extremes)])
                .reshape(values.shape[1..]).MoveToOuterDisposeScope();
        }

        flat = flat.contiguous();
        Tensor means = empty(values.shape[1..], values.dtype);
        bool isFinite;
        fixed (byte* from = flat.bytes, to = means.bytes)
        {
            isFinite = values.dtype == ScalarType.Float32
                ? RobustColumns.TryMean((float*)from, rows, columns, few, extremes, (float*)to)
                : RobustColumns.TryMean((double*)from, rows, columns, few, extremes, (double*)to);
        }

        return isFinite ? means.MoveToOuterDisposeScope() : throw NotFinite();
    }

    private static NumericalException NotFinite() => new("A number to be averaged is not finite.");
}
