using System.Numerics;
using System.Runtime.Intrinsics;
using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>Moments by vectors of every kind against one pair after the other.</summary>
public sealed unsafe class KernelVectorTests
{
    private const int Count = KernelTile.Size;

    public static TheoryData<VectorKind> Kinds => new(Enum.GetValues<VectorKind>());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Homogeneous_moments(VectorKind kind)
    {
        foreach (ActivationFunction activation in (ActivationFunction[])[Activations.Relu, Activations.Abs, Activations.LeakyRelu(.3), Activations.LeakyRelu(2)])
        {
            var rows = new HomogeneousMomentRows((HomogeneousActivation)activation);
            double[] variances = [.. Enumerable.Repeat(1.0, Count)];
            AssertAlike(activation, variances, 1e-15, relative: true, (epsilon, derivative) =>
            {
                switch (kind)
                {
                    case VectorKind.OneNumber: rows.Fill<OneLane<double>, double>(Count, epsilon, derivative); break;
                    case VectorKind.Bits128: rows.Fill<Lanes128<double>, Vector128<double>>(Count, epsilon, derivative); break;
                    case VectorKind.Bits256: rows.Fill<Lanes256<double>, Vector256<double>>(Count, epsilon, derivative); break;
                    case VectorKind.Bits512: rows.Fill<WideLanes<double>, Vector512<double>>(Count, epsilon, derivative); break;
                    default: rows.Fill<Lanes<double>, Vector<double>>(Count, epsilon, derivative); break;
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Moments_by_series(VectorKind kind)
    {
        double[] variances = [.. Enumerable.Range(0, Count).Select(i => i % 3 == 0 ? 1 : .2 + (i * .02))];
        var rows = (HermiteMomentRows)Activations.Tanh.Rows([1], variances);
        AssertAlike(Activations.Tanh, variances, 1e-11, relative: false, (epsilon, derivative) =>
        {
            switch (kind)
            {
                case VectorKind.OneNumber: rows.Fill<OneLane<double>, double>(0, 0, Count, epsilon, derivative); break;
                case VectorKind.Bits128: rows.Fill<Lanes128<double>, Vector128<double>>(0, 0, Count, epsilon, derivative); break;
                case VectorKind.Bits256: rows.Fill<Lanes256<double>, Vector256<double>>(0, 0, Count, epsilon, derivative); break;
                case VectorKind.Bits512: rows.Fill<WideLanes<double>, Vector512<double>>(0, 0, Count, epsilon, derivative); break;
                default: rows.Fill<Lanes<double>, Vector<double>>(0, 0, Count, epsilon, derivative); break;
            }
        });
    }

    private static void AssertAlike(ActivationFunction activation, double[] variances, double tolerance, bool relative, FillMoments fill)
    {
        double[] inputs = [.. Enumerable.Range(0, Count).Select(i => i < 20 ? Math.Pow(10, -i) : i / 64.0)];
        double[] epsilon = [.. inputs];
        var derivative = new double[Count];
        fixed (double* e = epsilon, d = derivative)
        {
            fill(e, d);
        }

        for (int j = 0; j < Count; j++)
        {
            PairMoments pair = activation.Pair(1, variances[j], inputs[j]);

            // Near 1 as near 2 − 1 what is left is relative to what there was.
            Assert.Equal(pair.Epsilon, epsilon[j], (relative ? 20 * Math.Min(1, inputs[j]) : 1) * tolerance);
            Assert.Equal(pair.Derivative, derivative[j], 20 * tolerance);
        }
    }

    private delegate void FillMoments(double* epsilon, double* derivative);
}
