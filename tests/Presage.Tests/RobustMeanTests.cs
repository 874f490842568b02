using System.Runtime.Intrinsics;
using CsCheck;
using Presage.Numerics;
using Presage.Robust;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public unsafe class RobustMeanTests
{
    /// <summary>N rows of D numbers with ties and zeros; sizes beside multiples of the lanes and of powers of two.</summary>
    private static readonly Gen<double[][]> Rows = Gen.Select(
        Gen.OneOf(Gen.Int[1, 9], Gen.Int[15, 17], Gen.Int[31, 34], Gen.Const(100)), Gen.OneOf(Gen.Int[1, 9], Gen.Int[15, 18], Gen.Int[31, 33]))
        .SelectMany((n, d) => Gen.OneOf(Gen.Double[-3, 3], Gen.Const(0.0), Gen.Int[-2, 2].Select(i => (double)i)).Array[d].Array[n]);

    [Theory]
    [MemberData(nameof(RobustProductTests.Vectors), MemberType = typeof(RobustProductTests))]
    public void Means_of_sorted_columns_by_the_book_whatever_the_vector(VectorKind kind, bool isFloat) =>
        Gen.Select(Rows, Gen.Int[0, 60], Gen.Enum<Extremes>()).Sample(
            (rows, few, extremes) =>
            {
                double[] expected = ByTheBook(rows, few, extremes);
                double[] actual = isFloat ? Mean<float>(kind, rows, few, extremes) : Mean<double>(kind, rows, few, extremes);
                double tolerance = isFloat ? 2e-5 : 4e-14;
                Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
            },
            iter: 80);

    [Fact]
    public void Many_columns_on_several_threads_are_those_of_sorting()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            Tensor values = randn(37, 5, 1001, type, generator: generator);
            foreach (Extremes extremes in Enum.GetValues<Extremes>())
            {
                foreach (double percent in (double[])[0, 1, 8, 49, 50])
                {
                    Tensor actual = extremes == Extremes.Clipped ? RobustMean.Winsorized(values, percent) : RobustMean.Trimmed(values, percent);
                    Assert.Equal([5L, 1001L], actual.shape);
                    Assert.True(actual.allclose(RobustMean.BySorting(values, RobustMean.CountOf(37, percent), extremes), 1e-5, 1e-6));
                }
            }
        }
    }

    [Theory]
    [InlineData(100, 0, 0)]
    [InlineData(100, 8, 8)]
    [InlineData(100, 8.9, 8)]
    [InlineData(100, 50, 50)]
    [InlineData(33, 10, 3)]
    [InlineData(1000, 0.3, 3)]
    [InlineData(1000, 2.9, 29)]
    [InlineData(1, 50, 0)]
    public void Of_a_hundred_examples_c_are_clipped_at_each_end(int examples, double percent, int expected) =>
        Assert.Equal(expected, RobustMean.CountOf(examples, percent));

    [Fact]
    public void The_ends_of_the_range_are_the_mean_and_the_median()
    {
        using var scope = NewDisposeScope();
        Tensor values = tensor([1.0, 2, 4, 100, -7]).reshape(5, 1);
        Assert.Equal(20, RobustMean.Winsorized(values, 0).item<double>(), 12);
        Assert.Equal(2, RobustMean.Winsorized(values, 50).item<double>());
        Assert.Equal(3, RobustMean.Winsorized(values[..4], 50).item<double>());
        // One at each end: 1, 1, 2, 4, 4.
        Assert.Equal(2.4, RobustMean.Winsorized(values, 20).item<double>(), 12);
        Assert.Equal(7.0 / 3, RobustMean.Trimmed(values, 20).item<double>(), 12);
    }

    [Fact]
    public void Numbers_that_lie_elsewhere_in_memory_are_taken_as_they_are_seen()
    {
        using var scope = NewDisposeScope();
        Tensor values = arange(60, ScalarType.Float64).reshape(3, 4, 5).permute(2, 0, 1);
        Assert.True(RobustMean.Winsorized(values, 20).allclose(RobustMean.BySorting(values, 1, Extremes.Clipped)));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_finite_is_refused_wherever_it_is(double value)
    {
        using var scope = NewDisposeScope();
        foreach (long place in (long[])[0, 17, 40, 64])
        {
            Tensor values = zeros(10, 65, ScalarType.Float32);
            values[place % 10, place] = value;
            Assert.Throws<NumericalException>(() => RobustMean.Winsorized(values, 10));
            Assert.Throws<NumericalException>(() => RobustMean.Trimmed(values, 0));
        }
    }

    [Fact]
    public void Ranges_and_types_are_checked()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => RobustMean.Winsorized(ones(3), 51));
        Assert.Throws<ArgumentOutOfRangeException>(() => RobustMean.Winsorized(ones(3), double.NaN));
        Assert.Throws<ArgumentException>(() => RobustMean.Winsorized(ones(0, 3), 1));
        Assert.Throws<ArgumentException>(() => RobustMean.Trimmed(ones(3, dtype: ScalarType.Int64), 1));
    }

    private static double[] ByTheBook(double[][] rows, int few, Extremes extremes)
    {
        int n = rows.Length;
        int k = Math.Min(few, (n - 1) / 2);
        return [.. Enumerable.Range(0, rows[0].Length).Select(j =>
        {
            double[] sorted = [.. rows.Select(row => row[j]).Order()];
            return extremes == Extremes.LeftOut ? sorted[k..(n - k)].Average() : sorted.Select(x => Math.Clamp(x, sorted[k], sorted[n - 1 - k])).Average();
        })];
    }

    private static double[] Mean<T>(VectorKind kind, double[][] rows, int few, Extremes extremes)
        where T : unmanaged, System.Numerics.IFloatingPoint<T>
    {
        T[] values = [.. rows.SelectMany(row => row).Select(T.CreateChecked)];
        var means = new T[rows[0].Length];
        fixed (T* from = values, to = means)
        {
            Selection selection = Selection.Of(rows.Length, few, extremes);
            Assert.True(kind switch
            {
                VectorKind.OneNumber => RobustColumns.TryMean<T, OneLane<T>, T>(from, means.Length, selection, to),
                VectorKind.Bits128 => RobustColumns.TryMean<T, Lanes128<T>, Vector128<T>>(from, means.Length, selection, to),
                VectorKind.Bits256 => RobustColumns.TryMean<T, Lanes256<T>, Vector256<T>>(from, means.Length, selection, to),
                VectorKind.Bits512 => RobustColumns.TryMean<T, WideLanes<T>, Vector512<T>>(from, means.Length, selection, to),
                _ => RobustColumns.TryMean(from, rows.Length, means.Length, few, extremes, to),
            });
        }

        return [.. means.Select(double.CreateChecked)];
    }
}
