using System.Numerics;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Kernels of sets of images by the fast path of a <see cref="ConvolutionStack"/>.</summary>
internal static class ConvolutionKernels
{
    /// <summary>The kernel of the first examples with the others, or of all with each other.</summary>
    /// <typeparam name="T">float: pairs are computed in float32; else float64.</typeparam>
    /// <param name="stack">The network.</param>
    /// <param name="examples">The examples of the rows, then those of the columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="isSymmetric">Whether rows meet each other.</param>
    /// <param name="shape">The examples' shape.</param>
    /// <param name="kind">Which kernel.</param>
    public static KernelMatrix<T> Of<T>(ConvolutionStack stack, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isWide = Vector512.IsHardwareAccelerated;
        return typeof(T) == typeof(float)
            ? isWide
                ? Of<T, float, WideLanes<float>, Vector512<float>>(stack, examples, rows, isSymmetric, shape, kind)
                : Of<T, float, Lanes<float>, Vector<float>>(stack, examples, rows, isSymmetric, shape, kind)
            : isWide
                ? Of<T, double, WideLanes<double>, Vector512<double>>(stack, examples, rows, isSymmetric, shape, kind)
                : Of<T, double, Lanes<double>, Vector<double>>(stack, examples, rows, isSymmetric, shape, kind);
    }

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal static KernelMatrix<T> Of<T, TNumber, TLanes, TVector>(
        ConvolutionStack stack, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TNumber : unmanaged, IBinaryFloatingPointIeee754<TNumber>
        where TLanes : struct, ILanes<TVector, TNumber>
    {
        var plan = ConvolutionPlan<TNumber>.Of(stack, examples, shape);
        int columns = isSymmetric ? rows : examples.Length - rows;
        var values = new T[(nint)rows * columns];
        Parallel.For(
            0L,
            (long)rows * columns,
            () => new DisplacedPair<TNumber, TLanes, TVector>(plan),
            (index, _, pair) =>
            {
                (int row, int column) = ((int)(index / columns), (int)(index % columns));
                if (!isSymmetric || column <= row)
                {
                    (double covariance, double tangent) = pair.Means(row, isSymmetric ? column : rows + column);
                    T value = T.CreateTruncating(Readout(plan, covariance, tangent, kind));
                    values[index] = value;
                    if (isSymmetric)
                    {
                        values[((nint)column * columns) + row] = value;
                    }
                }

                return pair;
            },
            pair => pair.Dispose());
        return new KernelMatrix<T>(rows, columns, values, plan.Exponent);
    }

    private static double Readout<TNumber>(ConvolutionPlan<TNumber> plan, double covariance, double tangent, KernelKind kind)
        where TNumber : unmanaged, IBinaryFloatingPointIeee754<TNumber>
    {
        DenseLayer readout = plan.Stack.Readout;
        double gain = readout.WeightVariance * plan.Stack.Activations[^1].MeanSquaredSlope;
        double output = Math.ScaleB(gain * covariance, plan.CovarianceExponent - plan.Exponent) + Math.ScaleB(readout.BiasVariance, -plan.Exponent);
        return kind == KernelKind.Tangent ? output + Math.ScaleB(gain * tangent, plan.TangentExponent - plan.Exponent) : output;
    }
}
