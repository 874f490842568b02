using System.Numerics;
using Presage.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>A training set's kernel, and that of test and training examples, put together from tiles, in float64.</summary>
internal sealed class KernelTensors(int train, int? test)
{
    /// <summary>The training set's kernel (m, m).</summary>
    public Tensor Train { get; } = empty([train, train], ScalarType.Float64);

    /// <summary>The kernel of test and training examples (m', m); null without test examples.</summary>
    public Tensor? Test { get; } = test is { } rows ? empty([rows, train], ScalarType.Float64) : null;

    /// <summary>A kernel in its own unit, where float64 holds it.</summary>
    public static Tensor Of(KernelMatrix<double> kernel) =>
        tensor(kernel.Exponent == 0 ? kernel.Values : Array.ConvertAll(kernel.Values, value => Math.ScaleB(value, kernel.Exponent)), [kernel.Rows, kernel.Columns]);

    /// <summary>One-hot labels less the uniform distribution (n, K): what the mean predictor is asked for.</summary>
    public static Tensor Targets(IReadOnlyList<int> labels, int classes)
    {
        using var scope = NewDisposeScope();
        using Scalar uniform = 1.0 / classes;
        return (nn.functional.one_hot(Labels(labels), classes).to(ScalarType.Float64) - uniform).MoveToOuterDisposeScope();
    }

    /// <summary>Share of the examples whose largest output (n, K) is that of their label.</summary>
    public static double Accuracy(Tensor outputs, IReadOnlyList<int> labels)
    {
        using var scope = NewDisposeScope();
        return outputs.argmax(1).eq(Labels(labels)).to(ScalarType.Float64).mean().item<double>();
    }

    /// <summary>Puts a tile in its place, and its transpose in the other half.</summary>
    public void Take<T>(KernelTilePlace place, T[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var scope = NewDisposeScope();
        double[] wide = values as double[] ?? Array.ConvertAll(values, double.CreateTruncating);
        Tensor tile = tensor(wide, [place.Rows, place.Columns]);
        Into(place.IsTest ? Test! : Train, place.Row, place.Column, tile);
        if (!place.IsTest && !place.IsOnDiagonal)
        {
            Into(Train, place.Column, place.Row, tile.t());
        }
    }

    private static Tensor Labels(IReadOnlyList<int> labels) => tensor([.. labels.Select(label => (long)label)]);

    private static void Into(Tensor matrix, long row, long column, Tensor tile) =>
        matrix.narrow(0, row, tile.shape[0]).narrow(1, column, tile.shape[1]).copy_(tile);
}
