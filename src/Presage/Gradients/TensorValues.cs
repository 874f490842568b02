using System.Numerics;
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

    /// <summary>Writes the tensor's numbers, row-major, to the first of <paramref name="totals"/>.</summary>
    public static void CopyTo(this Tensor tensor, Span<double> totals)
    {
        using Tensor values = Plain(tensor, tensor.dtype == ScalarType.Float32 ? ScalarType.Float32 : ScalarType.Float64);
        if (values.dtype == ScalarType.Float64)
        {
            Span<double>(values).CopyTo(totals);
            return;
        }

        ReadOnlySpan<float> singles = Span<float>(values);
        int done = 0;
        for (; done <= singles.Length - Vector<float>.Count; done += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(singles[done..]), out Vector<double> low, out Vector<double> high);
            low.CopyTo(totals[done..]);
            high.CopyTo(totals[(done + Vector<double>.Count)..]);
        }

        for (; done < singles.Length; done++)
        {
            totals[done] = singles[done];
        }
    }

    /// <summary>Adds the tensor's numbers, row-major, to the first of <paramref name="totals"/>.</summary>
    public static void AddTo(this Tensor tensor, Span<double> totals)
    {
        using Tensor values = Plain(tensor, tensor.dtype == ScalarType.Float32 ? ScalarType.Float32 : ScalarType.Float64);
        if (values.dtype == ScalarType.Float64)
        {
            ReadOnlySpan<double> addends = Span<double>(values);
            for (int i = 0; i < addends.Length; i++)
            {
                totals[i] += addends[i];
            }

            return;
        }

        ReadOnlySpan<float> singles = Span<float>(values);
        totals = totals[..singles.Length];
        int done = 0;
        for (; done <= singles.Length - Vector<float>.Count; done += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(singles[done..]), out Vector<double> low, out Vector<double> high);
            Span<double> part = totals[done..];
            (new Vector<double>(part) + low).CopyTo(part);
            part = part[Vector<double>.Count..];
            (new Vector<double>(part) + high).CopyTo(part);
        }

        for (; done < singles.Length; done++)
        {
            totals[done] += singles[done];
        }
    }

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

    private static Tensor Plain(Tensor tensor, ScalarType type) => tensor.detach().to(type).cpu().contiguous();

    private static ReadOnlySpan<T> Span<T>(Tensor tensor)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
