using System.Runtime.Intrinsics;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

internal static class TensorValues
{
    /// <summary>The tensor's numbers as float64, row-major.</summary>
    public static double[] ToDoubles(this Tensor tensor)
    {
        using Tensor values = tensor.detach().to(ScalarType.Float64).cpu().contiguous();
        return values.data<double>().ToArray();
    }

    /// <summary>The largest absolute value, 0 of no numbers.</summary>
    public static double Largest(this Tensor tensor) => tensor.numel() == 0 ? 0 : tensor.abs().max().to(ScalarType.Float64).item<double>();

    /// <summary>Writes the tensor's numbers, row-major, to the first of <paramref name="totals"/>.</summary>
    public static void CopyTo(this Tensor tensor, Span<double> totals) => Put(tensor, totals, add: false);

    /// <summary>Adds the tensor's numbers, row-major, to the first of <paramref name="totals"/>.</summary>
    public static void AddTo(this Tensor tensor, Span<double> totals) => Put(tensor, totals, add: true);

    /// <summary>Adds the tensor's numbers, row-major and rounded, to the first of <paramref name="totals"/>.</summary>
    public static void AddTo(this Tensor tensor, Span<int> totals)
    {
        using Tensor values = Plain(tensor, ScalarType.Int32);
        ReadOnlySpan<int> addends = Span<int>(values);
        for (int i = 0; i < addends.Length; i++)
        {
            totals[i] += addends[i];
        }
    }

    /// <summary>Squared norms of the rows of a matrix (N, …).</summary>
    public static unsafe double[] RowSquaredNorms(this Tensor tensor)
    {
        using Tensor values = Plain(tensor, tensor.dtype == ScalarType.Float32 ? ScalarType.Float32 : ScalarType.Float64);
        var norms = new double[tensor.shape[0]];
        fixed (byte* start = values.bytes)
        {
            if (values.dtype == ScalarType.Float32)
            {
                RowMoments.SquaredNorms((float*)start, norms.Length, (int)tensor.shape[1], norms);
            }
            else
            {
                RowMoments.SquaredNorms((double*)start, norms.Length, (int)tensor.shape[1], norms);
            }
        }

        return norms;
    }

    private static void Put(Tensor tensor, Span<double> totals, bool add)
    {
        using Tensor values = Plain(tensor, tensor.dtype == ScalarType.Float32 ? ScalarType.Float32 : ScalarType.Float64);
        if (values.dtype == ScalarType.Float32)
        {
            Put(Span<float>(values), totals, add);
        }
        else if (add)
        {
            ReadOnlySpan<double> addends = Span<double>(values);
            for (int i = 0; i < addends.Length; i++)
            {
                totals[i] += addends[i];
            }
        }
        else
        {
            Span<double>(values).CopyTo(totals);
        }
    }

    // A pass over all parameters: worth its vectors.
    private static unsafe void Put(ReadOnlySpan<float> values, Span<double> totals, bool add)
    {
        fixed (float* source = values)
        fixed (double* target = totals[..values.Length])
        {
            int i = 0;
            for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var (low, high) = Vector256.Widen(Vector256.Load(source + i));
                if (add)
                {
                    low += Vector256.Load(target + i);
                    high += Vector256.Load(target + i + Vector256<double>.Count);
                }

                low.Store(target + i);
                high.Store(target + i + Vector256<double>.Count);
            }

            for (; i < values.Length; i++)
            {
                target[i] = add ? target[i] + source[i] : source[i];
            }
        }
    }

    private static Tensor Plain(Tensor tensor, ScalarType type) => tensor.detach().to(type).cpu().contiguous();

    private static ReadOnlySpan<T> Span<T>(Tensor tensor)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
