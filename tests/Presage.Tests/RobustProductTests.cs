using System.Numerics;
using System.Runtime.Intrinsics;
using Presage.Numerics;
using Presage.Robust;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Robust means of products that are never stored, against the sort of those that are.</summary>
public sealed unsafe class RobustProductTests
{
    // One, few, odd, even, and so many that networks are shared by several counts of zeros.
    private static readonly int[] Batches = [1, 2, 3, 4, 7, 16, 33, 100, 131];

    private static readonly double[] Percents = [0, 1, 8, 49, 50];

    public static TheoryData<VectorKind, bool> Vectors
    {
        get
        {
            var all = new TheoryData<VectorKind, bool>();
            foreach (VectorKind kind in Enum.GetValues<VectorKind>())
            {
                all.Add(kind, true);
                all.Add(kind, false);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Outer_products_are_reduced_as_their_sort(VectorKind kind, bool isFloat)
    {
        int seed = 0;
        foreach (int n in Batches)
        {
            // All, many or few zeros on either side, and sizes beside the lanes and the panel of factors: either side lies in the lanes at times.
            foreach (var (outputs, entries, zeroDeltas, zeroValues) in ((int, int, double, double)[])[(5, 40, 0, 0.7), (33, 17, 0.6, 0.1), (1, 1, 0, 0), (70, 3, 0.95, 0.95), (9, 18, 1, 0.5)])
            {
                foreach (bool ties in (bool[])[false, true])
                {
                    var random = new SeededRandom(seed++);
                    double[] deltas = Numbers(random, n * outputs, zeroDeltas, ties);
                    double[] values = Numbers(random, n * entries, zeroValues, ties);
                    Check(n, Products(deltas, values, n), isFloat, selection => isFloat
                        ? Outer<float>(kind, deltas, values, selection)
                        : Outer<double>(kind, deltas, values, selection));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Products_over_positions_are_reduced_as_their_sort(VectorKind kind, bool isFloat)
    {
        int seed = 0;
        foreach (int n in Batches)
        {
            foreach (var (positions, outputs, entries) in ((int, int, int)[])[(3, 5, 13), (1, 33, 6), (130, 3, 2), (4, 70, 7), (2, 1, 1)])
            {
                var layout = (DeltaLayout)(seed % 3);
                ProductProblem problem = ProductProblem.Of(n, positions, outputs, entries, layout, signs: seed % 2 == 0, seed++);
                Check(n, problem.Products(), isFloat, selection => isFloat
                    ? Product<float>(kind, problem, selection)
                    : Product<double>(kind, problem, selection));
            }
        }
    }

    [Fact]
    public void Products_of_several_rounds_and_threads_are_reduced_as_their_sort()
    {
        // 100 examples of 32 outputs are 12.5 KiB an entry, of which a round has 1 MiB.
        ProductProblem problem = ProductProblem.Of(100, 2, 40, 200, DeltaLayout.Convolution, signs: false, 5);
        Check(100, problem.Products(), isFloat: true, selection => Product<float>(VectorKind.Bits512, problem, selection));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_finite_is_refused_also_beside_zeros(double bad)
    {
        Selection selection = Selection.Of(20, 9, Extremes.Clipped);
        foreach (VectorKind kind in Enum.GetValues<VectorKind>())
        {
            foreach (int place in (int[])[0, 19 * 3 + 2, 31])
            {
                // All other factors are 0, in all examples.
                double[] spoiled = new double[20 * 3];
                spoiled[place] = bad;
                Assert.Null(Outer<float>(kind, spoiled, new double[20 * 5], selection));
                Assert.Null(Outer<double>(kind, new double[20 * 5], spoiled, selection));

                ProductProblem problem = ProductProblem.Of(20, 2, 3, 4, DeltaLayout.Linear, signs: true, 1);
                Assert.NotNull(Product<float>(kind, problem, selection));
                Assert.Null(Product<float>(kind, problem, selection, (values, _) => values[place] = (float)bad));
                Assert.Null(Product<double>(kind, problem, selection, (_, deltas) => deltas[place] = bad));
            }
        }
    }

    [Fact]
    public void A_product_that_overflows_is_refused_even_where_it_would_be_clipped()
    {
        double[] deltas = new double[20];
        double[] values = new double[20];
        (deltas[3], values[3]) = (1e30, 1e30);
        Selection selection = Selection.Of(20, 9, Extremes.Clipped);
        Assert.Null(Outer<float>(VectorKind.Preferred, deltas, values, selection));
        Assert.Equal(0, Assert.Single(Outer<double>(VectorKind.Preferred, deltas, values, selection)!));
    }

    [Fact]
    public void An_outlier_does_not_cancel_what_is_left()
    {
        double[] deltas = [.. Enumerable.Repeat(1.0, 50)];
        double[] values = [.. Enumerable.Range(0, 50).Select(n => n == 7 ? 1e20 : n == 9 ? -1e20 : 1e-3 * n)];
        double[] expected = Sorted(Products(deltas, values, 50), Selection.Of(50, 1, Extremes.LeftOut));
        Assert.Equal(expected[0], Outer<float>(VectorKind.Preferred, deltas, values, Selection.Of(50, 1, Extremes.LeftOut))![0], 1e-7);
    }

    [Fact]
    public void Products_without_positions_are_zero_and_none_are_none()
    {
        Selection selection = Selection.Of(3, 1, Extremes.Clipped);
        Assert.All(Product<double>(VectorKind.Preferred, ProductProblem.Of(3, 0, 4, 5, DeltaLayout.Linear, signs: true, 1), selection)!, mean => Assert.Equal(0, mean));
        Assert.Empty(Product<double>(VectorKind.Preferred, ProductProblem.Of(3, 2, 0, 5, DeltaLayout.Linear, signs: true, 1), selection)!);
        Assert.Empty(Outer<double>(VectorKind.Preferred, [], [1, 2, 3], selection)!);
    }

    [Fact]
    public void As_many_zeros_take_part_as_are_needed()
    {
        // Of 100 and 8 at each end: none for so few others that they are all extremes, else nine, and never more than there are.
        Selection selection = Selection.Of(100, 8, Extremes.Clipped);
        Assert.Equal([0, 0, 18, 59, 99, 100, 100], ((int[])[0, 8, 9, 50, 90, 91, 100]).Select(selection.CountWith));
        Assert.Equal(100, Selection.Of(100, 50, Extremes.Clipped).CountWith(50));
        Assert.Equal(0, Selection.Of(100, 50, Extremes.Clipped).CountWith(49));

        // In steps of 1000/64.
        Assert.Equal(0, Selection.Of(1000, 8, Extremes.LeftOut).CountWith(500) % 15);
    }

    private static void Check(int examples, double[][] products, bool isFloat, Func<Selection, double[]?> means)
    {
        double scale = Math.Max(1e-300, products.SelectMany(p => p).Max(Math.Abs));
        foreach (double percent in Percents)
        {
            foreach (Extremes extremes in Enum.GetValues<Extremes>())
            {
                Selection selection = Selection.Of(examples, RobustMean.CountOf(examples, percent), extremes);
                double[] actual = means(selection) ?? throw new InvalidOperationException("Not finite.");
                Assert.All(Sorted(products, selection, extremes).Zip(actual), pair => Assert.Equal(pair.First, pair.Second, (isFloat ? 1e-5 : 1e-13) * scale));
            }
        }
    }

    private static double[] Sorted(double[][] products, Selection selection, Extremes extremes = Extremes.LeftOut)
    {
        using var scope = NewDisposeScope();
        Tensor values = tensor([.. products.SelectMany(p => p)], [products.Length, products[0].Length], ScalarType.Float64);
        return [.. RobustMean.BySorting(values, selection.Few, extremes).data<double>()];
    }

    private static double[][] Products(double[] deltas, double[] values, int n)
    {
        var (outputs, entries) = (deltas.Length / n, values.Length / n);
        return [.. Enumerable.Range(0, n).Select(e =>
            (double[])[.. from o in Enumerable.Range(0, outputs) from i in Enumerable.Range(0, entries) select deltas[e * outputs + o] * values[e * entries + i]])];
    }

    private static double[] Numbers(SeededRandom random, int count, double zeros, bool ties) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < zeros ? 0 : ties ? random.NextInt(5) - 2 : random.NextGaussian())];

    // Null where something is not finite.
    private static double[]? Outer<T>(VectorKind kind, double[] deltas, double[] values, Selection selection)
        where T : unmanaged, IFloatingPoint<T>
    {
        T[] d = [.. deltas.Select(T.CreateChecked)];
        T[] a = [.. values.Select(T.CreateChecked)];
        var (outputs, entries) = (d.Length / selection.Examples, a.Length / selection.Examples);
        var means = new T[outputs * entries];
        fixed (T* pd = d, pa = a, to = means)
        {
            bool isFinite = kind switch
            {
                VectorKind.OneNumber => RobustOuterProduct.TryMean<T, OneLane<T>, T>(pd, outputs, pa, entries, selection, to),
                VectorKind.Bits128 => RobustOuterProduct.TryMean<T, Lanes128<T>, Vector128<T>>(pd, outputs, pa, entries, selection, to),
                VectorKind.Bits256 => RobustOuterProduct.TryMean<T, Lanes256<T>, Vector256<T>>(pd, outputs, pa, entries, selection, to),
                VectorKind.Bits512 => RobustOuterProduct.TryMean<T, WideLanes<T>, Vector512<T>>(pd, outputs, pa, entries, selection, to),
                _ => RobustOuterProduct.TryMean(pd, outputs, pa, entries, selection, to),
            };
            return isFinite ? [.. means.Select(double.CreateChecked)] : null;
        }
    }

    private static double[]? Product<T>(VectorKind kind, ProductProblem problem, Selection selection, Action<T[], T[]>? spoil = null)
        where T : unmanaged, IFloatingPoint<T>
    {
        var (values, deltas) = problem.Numbers();
        T[] a = [.. values.Select(T.CreateChecked)];
        T[] d = [.. deltas.Select(T.CreateChecked)];
        spoil?.Invoke(a, d);
        var (shape, perExample, positions, entries) = (problem.Shape, problem.ValuesPerExample, problem.Positions, problem.Entries);
        var means = new T[shape.Size];
        fixed (T* pa = a, pd = d, to = means)
        {
            bool isFinite = kind switch
            {
                VectorKind.OneNumber => RobustProduct.TryMean<T, OneLane<T>, T>(shape, pa, perExample, positions, entries, pd, selection, to),
                VectorKind.Bits128 => RobustProduct.TryMean<T, Lanes128<T>, Vector128<T>>(shape, pa, perExample, positions, entries, pd, selection, to),
                VectorKind.Bits256 => RobustProduct.TryMean<T, Lanes256<T>, Vector256<T>>(shape, pa, perExample, positions, entries, pd, selection, to),
                VectorKind.Bits512 => RobustProduct.TryMean<T, WideLanes<T>, Vector512<T>>(shape, pa, perExample, positions, entries, pd, selection, to),
                _ => RobustProduct.TryMean(shape, pa, perExample, positions, entries, pd, selection, to),
            };
            return isFinite ? [.. means.Select(double.CreateChecked)] : null;
        }
    }
}
