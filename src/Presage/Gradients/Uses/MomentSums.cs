using Presage.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>Running float64 sums of one parameter's gradients, and the squared norms of the layer it belongs to.</summary>
internal sealed class MomentSums(Parameter parameter, double[] squaredNorms, bool signs, SumArrays arrays) : IProductSums
{
    private readonly double[] _sum = arrays.Take((int)parameter.numel());
    private readonly double[] _squares = arrays.Take((int)parameter.numel());
    private readonly int[]? _signs = signs ? new int[parameter.numel()] : null;
    private int _start;
    private bool _isEmpty = true;

    /// <summary>Whether signs are asked for.</summary>
    public bool CountsSigns => _signs is not null;

    /// <summary>Adds what a chunk's examples, from <paramref name="start"/> on, give through all their uses of the parameter.</summary>
    public void Add(IReadOnlyList<ParameterUse> uses, int start, long examples, long blockBytes)
    {
        _start = start;
        if (uses.Count > 1 && !OuterUse.AreDisjoint(uses))
        {
            if (OuterUse.Combined(uses) is { } combined)
            {
                uses = [combined];
            }
            else
            {
                AddBlocks(uses, start, examples, blockBytes);
                return;
            }
        }

        foreach (ParameterUse use in uses)
        {
            _start = start;
            if (!use.TryAddMoments(this))
            {
                AddBlocks([use], start, examples, blockBytes);
            }
        }
    }

    /// <summary>Adds sums over a chunk whose entries begin at <paramref name="firstEntry"/> of the parameter.</summary>
    public void Add(GradientSums sums, long firstEntry = 0)
    {
        if (_isEmpty && sums.Sum.numel() == _sum.Length)
        {
            _isEmpty = false;
            sums.Sum.CopyTo(_sum);
            sums.SumOfSquares.CopyTo(_squares);
        }
        else
        {
            Clear();
            sums.Sum.AddTo(_sum.AsSpan((int)firstEntry));
            sums.SumOfSquares.AddTo(_squares.AsSpan((int)firstEntry));
        }

        sums.SignSum?.AddTo(_signs!.AsSpan((int)firstEntry));
        sums.SquaredNorms?.AddTo(squaredNorms.AsSpan(_start));
    }

    /// <summary>The sum so far, as a tensor of the parameter's shape and type.</summary>
    public Tensor SumTensor()
    {
        Clear();
        return tensor(_sum, parameter.shape, device: CPU).to(parameter.dtype).to(parameter.device);
    }

    public ParameterStatistics ToStatistics(string name)
    {
        Clear();
        return new ParameterStatistics(name, parameter.shape, _sum, _squares, _signs);
    }

    // The first sums are copied where they can be: zeros to add them to would be a pass more over memory.
    private void Clear()
    {
        if (_isEmpty)
        {
            _isEmpty = false;
            Array.Clear(_sum);
            Array.Clear(_squares);
        }
    }

    // A parameter used several times has its uses' gradients added before they are squared.
    private void AddBlocks(IReadOnlyList<ParameterUse> uses, int start, long examples, long blockBytes)
    {
        long block = Math.Clamp(blockBytes / Math.Max(1, uses.Sum(u => u.BytesPerExample)), 1, examples);
        for (long from = 0; from < examples; from += block)
        {
            using var scope = NewDisposeScope();
            long to = Math.Min(from + block, examples);
            _start = start + (int)from;
            Add(GradientSums.Of(ParameterUse.Gradients(uses, from, to), CountsSigns));
        }
    }

    /// <summary>Whether the fused product takes numbers of this type on this device.</summary>
    public static bool TakesProductsOf(Tensor values) =>
        values.device_type == DeviceType.CPU && values.dtype is ScalarType.Float32 or ScalarType.Float64;

    /// <summary>Adds the moments of gradients (N, parameter's shape…) that are there already; false where torch has to do it.</summary>
    public unsafe bool TryAddRows(Tensor gradients)
    {
        if (!TakesProductsOf(gradients))
        {
            return false;
        }

        Clear();
        Tensor rows = gradients.contiguous();
        fixed (byte* values = rows.bytes)
        fixed (double* sum = _sum, squares = _squares, norms = squaredNorms.AsSpan(_start))
        fixed (int* signSum = _signs)
        {
            if (rows.dtype == ScalarType.Float32)
            {
                RowMoments.Accumulate((float*)values, (int)rows.shape[0], _sum.Length, sum, squares, signSum, norms);
            }
            else
            {
                RowMoments.Accumulate((double*)values, (int)rows.shape[0], _sum.Length, sum, squares, signSum, norms);
            }
        }

        return true;
    }

    /// <summary>Adds the squared norms of the outer products of the rows of two matrices (N, …).</summary>
    public void AddOuterNorms(Tensor first, Tensor second)
    {
        double[] norms = first.RowSquaredNorms();
        double[] others = second.RowSquaredNorms();
        for (int n = 0; n < norms.Length; n++)
        {
            squaredNorms[_start + n] += norms[n] * others[n];
        }
    }

    public unsafe void AddProducts(in ProductShape shape, ProductOperand values, int[] positions, int[] entries, ProductOperand deltas, long firstEntry)
    {
        Clear();
        long perExample = values.ExampleStride;
        fixed (byte* a = values.Tensor.bytes, delta = deltas.Tensor.bytes)
        fixed (double* sum = _sum.AsSpan((int)firstEntry), squares = _squares.AsSpan((int)firstEntry), norms = squaredNorms.AsSpan(_start))
        fixed (int* signSum = _signs is null ? default : _signs.AsSpan((int)firstEntry))
        {
            if (values.Tensor.dtype == ScalarType.Float32)
            {
                PerExampleProduct.Accumulate(
                    shape, (float*)a + values.Offset, perExample, positions, entries, (float*)delta + deltas.Offset, sum, squares, signSum, norms);
            }
            else
            {
                PerExampleProduct.Accumulate(
                    shape, (double*)a + values.Offset, perExample, positions, entries, (double*)delta + deltas.Offset, sum, squares, signSum, norms);
            }
        }
    }
}

/// <summary>A contiguous tensor, where in it the first example begins, and how far the next one is.</summary>
internal readonly record struct ProductOperand(Tensor Tensor, long Offset, long ExampleStride);
