using System.Numerics;
using Presage.Numerics;

namespace Presage.Tests;

/// <summary>Where the deltas lie: (N, T, O), (N, O, T), or as one of three groups of a convolution's (N, 3·O, T).</summary>
internal enum DeltaLayout
{
    Linear,
    Convolution,
    Group,
}

/// <summary>What the products of examples are added to.</summary>
internal sealed record MomentArrays(double[] Sum, double[] SumOfSquares, int[]? SignSum, double[] SquaredNorms);

/// <summary>Products to be formed of random values, and the obvious way to form them.</summary>
internal sealed unsafe record ProductProblem(ProductShape Shape, int ValuesPerExample, int[] Positions, int[] Entries, bool Signs, int Seed)
{
    public static ProductProblem Of(int n, int t, int o, int i, DeltaLayout layout, bool signs, int seed)
    {
        ProductShape shape = layout switch
        {
            DeltaLayout.Linear => ProductShape.Linear(n, t, o, i),
            DeltaLayout.Convolution => ProductShape.Convolution(n, t, o, i),
            _ => ProductShape.Convolution(n, t, o, i) with { ExampleStride = 3L * o * t },
        };
        return new ProductProblem(shape, t * i, [.. Enumerable.Range(0, t).Select(p => p * i)], [.. Enumerable.Range(0, i)], signs, seed);
    }

    /// <summary>Outputs that already hold something.</summary>
    public MomentArrays Initial()
    {
        double[] held = [.. Enumerable.Range(0, Shape.Size).Select(k => k % 7 - 3.0)];
        int[]? signs = Signs ? [.. held.Select(h => (int)h)] : null;
        return new MomentArrays(held, [.. held.Select(h => h + 3)], signs, [.. Enumerable.Range(0, Shape.Examples).Select(k => (double)k)]);
    }

    public MomentArrays Accumulate<T>(bool? wide, Action<T[], T[]>? spoil = null)
        where T : unmanaged, INumber<T>
    {
        var (values, deltas) = Numbers();
        T[] a = [.. values.Select(T.CreateChecked)];
        T[] d = [.. deltas.Select(T.CreateChecked)];
        spoil?.Invoke(a, d);
        MomentArrays moments = Initial();
        fixed (T* pa = a, pd = d)
        fixed (double* sum = moments.Sum, squares = moments.SumOfSquares, norms = moments.SquaredNorms)
        fixed (int* signs = moments.SignSum)
        {
            if (wide is { } forced)
            {
                PerExampleProduct.Accumulate(forced, Shape, pa, ValuesPerExample, Positions, Entries, pd, sum, squares, signs, norms);
            }
            else
            {
                PerExampleProduct.Accumulate(Shape, pa, ValuesPerExample, Positions, Entries, pd, sum, squares, signs, norms);
            }
        }

        return moments;
    }

    public MomentArrays Loop()
    {
        MomentArrays moments = Initial();
        foreach (var (n, products) in Products().Index())
        {
            foreach (var (k, g) in products.Index())
            {
                moments.Sum[k] += g;
                moments.SumOfSquares[k] += g * g;
                moments.SquaredNorms[n] += g * g;
                if (moments.SignSum is not null)
                {
                    moments.SignSum[k] += Math.Sign(g);
                }
            }
        }

        return moments;
    }

    /// <summary>The products of each example (O·I).</summary>
    public double[][] Products()
    {
        var (values, deltas) = Numbers();
        var products = new double[Shape.Examples][];
        for (int n = 0; n < Shape.Examples; n++)
        {
            products[n] = new double[Shape.Size];
            for (int o = 0; o < Shape.Outputs; o++)
            {
                for (int i = 0; i < Shape.Entries; i++)
                {
                    for (int t = 0; t < Shape.Positions; t++)
                    {
                        products[n][o * Shape.Entries + i] += deltas[n * Shape.ExampleStride + t * Shape.PositionStride + o * Shape.OutputStride]
                            * values[n * ValuesPerExample + Positions[t] + Entries[i]];
                    }
                }
            }
        }

        return products;
    }

    /// <summary>Values and deltas.</summary>
    /// <remarks>Where signs are asked for, integers of a scale for each example: many products are exactly zero, and no sign depends on rounding.</remarks>
    public (double[] Values, double[] Deltas) Numbers()
    {
        var random = new SeededRandom(Seed);
        int examples = Math.Max(Shape.Examples, 1);
        var values = new double[examples * ValuesPerExample];
        var deltas = new double[examples * Shape.ExampleStride];
        for (int k = 0; k < values.Length; k++)
        {
            values[k] = Signs ? random.NextInt(5) - 2 : random.NextGaussian();
        }

        for (int k = 0; k < deltas.Length; k++)
        {
            deltas[k] = Signs ? (random.NextInt(7) - 3) * (1 + k / Shape.ExampleStride) : random.NextGaussian();
        }

        return (values, deltas);
    }
}
