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
    public void Moments_of_erf(VectorKind kind)
    {
        foreach (double own in (double[])[1, 1e-9, 300])
        {
            double[] variances = [.. Enumerable.Range(0, Count).Select(i => i % 3 == 0 ? own : own * (.2 + (i * .02)))];
            var rows = new ErfMomentRows([own], variances);
            AssertAlike(Activations.Erf, variances, 1e-14, relative: false, Of(kind, new FillsErf(rows)), own);
            double[] equal = [.. Enumerable.Repeat(own, Count)];
            AssertAlike(Activations.Erf, equal, 1e-14 * Math.Max(1, Math.Sqrt(own)), relative: true, Of(kind, new FillsErf(new ErfMomentRows([own], equal))), own);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Moments_by_series(VectorKind kind)
    {
        // Few variances, each with its series; many, by interpolation; one; and so large that pairs which are alike have another way.
        (string Name, double Own, double[] Variances)[] cases =
        [
            ("tanh", 1, [.. Enumerable.Range(0, Count).Select(i => i % 3 == 0 ? 1 : .2 + (i % 5 * .4))]),
            ("tanh", 1, [.. Enumerable.Range(0, Count).Select(i => i % 3 == 0 ? 1 : .2 + (i * .02))]),
            ("sigmoid", 1, [.. Enumerable.Range(0, Count).Select(i => i == 5 ? 0 : .02 + (i * .02))]),
            ("swish", 2, [.. Enumerable.Repeat(2.0, Count)]),
            ("tanh", 90, [.. Enumerable.Range(0, Count).Select(i => i % 3 == 0 ? 90 : 80 + (i * .1))]),
            ("swish", 300, [.. Enumerable.Range(0, Count).Select(i => 200 + (i * 1.0))]),
        ];
        foreach ((string name, double own, double[] variances) in cases)
        {
            ActivationFunction activation = Activations.Named(name);
            var rows = (HermiteMomentRows)activation.Rows([own], variances);
            AssertAlike(activation, variances, 1e-11, relative: false, Of(kind, new FillsSeries(rows)), own);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Hermite_coefficients(VectorKind kind)
    {
        Func<double, double> function = Activations.Tanh.Apply;
        double[] actual = kind switch
        {
            VectorKind.OneNumber => HermiteSeries.Coefficients<OneLane<double>, double>(function, 30, 600, .03),
            VectorKind.Bits128 => HermiteSeries.Coefficients<Lanes128<double>, Vector128<double>>(function, 30, 600, .03),
            VectorKind.Bits256 => HermiteSeries.Coefficients<Lanes256<double>, Vector256<double>>(function, 30, 600, .03),
            VectorKind.Bits512 => HermiteSeries.Coefficients<WideLanes<double>, Vector512<double>>(function, 30, 600, .03),
            _ => HermiteSeries.Coefficients<Lanes<double>, Vector<double>>(function, 30, 600, .03),
        };

        // The obvious sum.
        const double Step = .02;
        var expected = new double[600];
        for (int i = -650; i <= 650; i++)
        {
            double z = i * Step;
            (double previous, double current) = (0, Math.Exp(-z * z / 4));
            double weight = Step * Math.Exp(-z * z / 4) / Math.Sqrt(2 * Math.PI) * Math.Tanh(Math.Sqrt(30) * z);
            for (int n = 0; n < expected.Length; n++)
            {
                expected[n] += weight * current;
                (previous, current) = (current, ((z * current) - (Math.Sqrt(n) * previous)) / Math.Sqrt(n + 1));
            }
        }

        Assert.All(actual.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-14));
    }

    private static FillMoments Of<TRows>(VectorKind kind, TRows rows)
        where TRows : IFills => kind switch
        {
            VectorKind.OneNumber => rows.Fill<OneLane<double>, double>,
            VectorKind.Bits128 => rows.Fill<Lanes128<double>, Vector128<double>>,
            VectorKind.Bits256 => rows.Fill<Lanes256<double>, Vector256<double>>,
            VectorKind.Bits512 => rows.Fill<WideLanes<double>, Vector512<double>>,
            _ => rows.Fill<Lanes<double>, Vector<double>>,
        };

    private static void AssertAlike(ActivationFunction activation, double[] variances, double tolerance, bool relative, FillMoments fill, double own = 1)
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
            PairMoments pair = activation.Pair(own, variances[j], inputs[j]);

            // Near 1 as near 2 − 1 what is left is relative to what there was.
            Assert.Equal(pair.Epsilon, epsilon[j], (relative ? 20 * Math.Min(1, inputs[j]) : 1) * tolerance);
            Assert.Equal(pair.Derivative, derivative[j], 20 * tolerance);
        }
    }

    private delegate void FillMoments(double* epsilon, double* derivative);

    private interface IFills
    {
        void Fill<TLanes, TVector>(double* epsilon, double* derivative)
            where TLanes : struct, ILanes<TVector, double>;
    }

    private sealed class FillsErf(ErfMomentRows rows) : IFills
    {
        public void Fill<TLanes, TVector>(double* epsilon, double* derivative)
            where TLanes : struct, ILanes<TVector, double> => rows.Fill<TLanes, TVector>(0, 0, Count, epsilon, derivative);
    }

    private sealed class FillsSeries(HermiteMomentRows rows) : IFills
    {
        public void Fill<TLanes, TVector>(double* epsilon, double* derivative)
            where TLanes : struct, ILanes<TVector, double> => rows.Fill<TLanes, TVector>(0, 0, Count, epsilon, derivative);
    }
}
