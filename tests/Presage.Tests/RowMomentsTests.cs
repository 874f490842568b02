using CsCheck;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>Moments of rows against the obvious double loop.</summary>
public class RowMomentsTests
{
    // None, below, at and beyond a vector's lanes.
    private static readonly int[] SomeColumns = [0, 1, 3, 7, 8, 9, 15, 16, 17, 33, 100];

    // None, below, at and beyond a block that is added up in single precision.
    private static readonly int[] SomeRows = [0, 1, 2, 5, 63, 64, 65, 128, 130];

    private static readonly Gen<(int Rows, int Columns, int Seed)> AnyShape =
        Gen.Select(Gen.Int[0, SomeRows.Length - 1], Gen.Int[0, SomeColumns.Length - 1], Gen.Int[0, 1 << 20]).Select(c => (SomeRows[c.Item1], SomeColumns[c.Item2], c.Item3));

    private delegate void Moments<T>(T[] values, int rows, int columns, double[] sum, double[] squares, int[]? signs, double[] norms);

    private delegate void Norms<T>(T[] values, int rows, int columns, double[] norms);

    [Fact]
    public void Moments_of_float64_are_those_of_the_loop_added_to_what_was_there() => CheckMoments<double>(Accumulate, v => v, 1e-14);

    [Fact]
    public void Moments_of_float32_are_those_of_the_loop_to_the_rounding_of_a_block() => CheckMoments<float>(Accumulate, v => (float)v, 3e-6);

    [Fact]
    public void Squared_norms_of_float64_are_those_of_the_loop() => CheckNorms<double>(SquaredNorms, v => v, 1e-14);

    [Fact]
    public void Squared_norms_of_float32_are_those_of_the_loop_to_their_rounding() => CheckNorms<float>(SquaredNorms, v => (float)v, 3e-6);

    [Fact]
    public void Values_that_are_not_finite_stay_so_in_their_row_and_column()
    {
        foreach (int column in new[] { 0, 8, 16 })
        {
            var values = new float[3 * 17];
            Array.Fill(values, 1);
            values[17 + column] = float.NaN;
            var (sum, squares, signs, norms) = (new double[17], new double[17], new int[17], new double[3]);
            Accumulate(values, 3, 17, sum, squares, signs, norms);
            Assert.Equal([column], Enumerable.Range(0, 17).Where(j => double.IsNaN(sum[j])));
            Assert.Equal([column], Enumerable.Range(0, 17).Where(j => double.IsNaN(squares[j])));
            Assert.Equal([17, double.NaN, 17], norms);
            Assert.Equal(2, signs[column]);
        }
    }

    private static void CheckMoments<T>(Moments<T> moments, Func<double, T> rounded, double tolerance)
        where T : struct => AnyShape.Sample(
            (rows, columns, seed) =>
            {
                double[] exact = Values(rows * columns, seed);
                T[] values = [.. exact.Select(rounded)];
                foreach (bool counted in new[] { true, false })
                {
                    double[] sum = Values(columns, 1);
                    double[] squares = Values(columns, 2);
                    double[] norms = Values(rows, 3);
                    int[]? signs = counted ? [.. Enumerable.Range(0, columns)] : null;
                    var (expectedSum, expectedSquares, expectedNorms) = ((double[])sum.Clone(), (double[])squares.Clone(), (double[])norms.Clone());
                    int[] expectedSigns = [.. Enumerable.Range(0, columns)];
                    for (int n = 0; n < rows; n++)
                    {
                        for (int j = 0; j < columns; j++)
                        {
                            double x = exact[n * columns + j];
                            expectedSum[j] += x;
                            expectedSquares[j] += x * x;
                            expectedNorms[n] += x * x;
                            expectedSigns[j] += Math.Sign(x);
                        }
                    }

                    moments(values, rows, columns, sum, squares, signs, norms);
                    AssertClose(expectedSum, sum, tolerance * (1 + rows));
                    AssertClose(expectedSquares, squares, tolerance * (1 + rows));
                    AssertClose(expectedNorms, norms, tolerance * (1 + columns));
                    Assert.Equal(counted ? expectedSigns : null, signs);
                }
            },
            iter: 200,
            threads: 1);

    private static void CheckNorms<T>(Norms<T> norms, Func<double, T> rounded, double tolerance)
        where T : struct => AnyShape.Sample(
            (rows, columns, seed) =>
            {
                double[] exact = Values(rows * columns, seed);
                double[] actual = Values(rows, 3);
                norms([.. exact.Select(rounded)], rows, columns, actual);
                AssertClose([.. Enumerable.Range(0, rows).Select(n => exact.Skip(n * columns).Take(columns).Sum(x => x * x))], actual, tolerance * (1 + columns));
            },
            iter: 200,
            threads: 1);

    // Numbers of both signs and zeros, exact in single precision, so that only sums round.
    private static double[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(5) == 0 ? 0 : (double)(float)(2 * random.NextDouble() - 1))];
    }

    // Values are at most 1.
    private static void AssertClose(double[] expected, double[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, tolerance));

    private static unsafe void Accumulate(float[] values, int rows, int columns, double[] sum, double[] squares, int[]? signs, double[] norms)
    {
        fixed (float* x = values)
        fixed (double* s = sum, q = squares, r = norms)
        fixed (int* c = signs)
        {
            RowMoments.Accumulate(x, rows, columns, s, q, c, r);
        }
    }

    private static unsafe void Accumulate(double[] values, int rows, int columns, double[] sum, double[] squares, int[]? signs, double[] norms)
    {
        fixed (double* x = values, s = sum, q = squares, r = norms)
        fixed (int* c = signs)
        {
            RowMoments.Accumulate(x, rows, columns, s, q, c, r);
        }
    }

    private static unsafe void SquaredNorms(float[] values, int rows, int columns, double[] norms)
    {
        fixed (float* x = values)
        {
            RowMoments.SquaredNorms(x, rows, columns, norms);
        }
    }

    private static unsafe void SquaredNorms(double[] values, int rows, int columns, double[] norms)
    {
        fixed (double* x = values)
        {
            RowMoments.SquaredNorms(x, rows, columns, norms);
        }
    }
}
