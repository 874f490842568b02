using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>
/// A matrix applied at T positions, inputs a (N, T, in), deltas δ (N, T, out): G_n = Σ_t δ_nt a_ntᵀ. It may be some rows of a larger matrix, as the
/// query, key and value maps of attention are.
/// </summary>
internal sealed partial class OuterUse : ParameterUse
{
    private readonly Tensor _inputs;
    private readonly Tensor _deltas;
    private readonly long _firstRow;
    private readonly long _rows;

    /// <param name="inputs">Inputs (N, …, in).</param>
    /// <param name="deltas">Deltas (N, …, out).</param>
    /// <param name="firstRow">The first row of the parameter that this use is about.</param>
    /// <param name="rows">Rows of the parameter; null for as many as there are outputs.</param>
    public OuterUse(Tensor inputs, Tensor deltas, long firstRow = 0, long? rows = null)
    {
        _inputs = Positions(inputs);
        _deltas = Positions(deltas);
        _firstRow = firstRow;
        _rows = rows ?? _deltas.shape[2];
    }

    public override long Examples => _deltas.shape[0];

    public override long BytesPerExample =>
        (3 * _rows * _inputs.shape[2] + _inputs.shape[1] * (_inputs.shape[2] + _deltas.shape[2])) * _inputs.ElementSize;

    private bool IsWhole => _rows == _deltas.shape[2];

    /// <summary>The uses of one matrix as one use, its positions those of all; null where they are about different rows.</summary>
    public static OuterUse? Combined(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is OuterUse { IsWhole: true })
            ? new OuterUse(cat([.. uses.Select(u => ((OuterUse)u)._inputs)], 1), cat([.. uses.Select(u => ((OuterUse)u)._deltas)], 1))
            : null;

    /// <summary>Whether the uses are about rows that do not overlap, so that none needs the others to be squared.</summary>
    public static bool AreDisjoint(IReadOnlyList<ParameterUse> uses)
    {
        if (!uses.All(u => u is OuterUse))
        {
            return false;
        }

        long end = 0;
        foreach (OuterUse use in uses.Cast<OuterUse>().OrderBy(u => u._firstRow))
        {
            if (use._firstRow < end)
            {
                return false;
            }

            end = use._firstRow + use._deltas.shape[2];
        }

        return true;
    }

    public override Tensor Gradients(long from, long to)
    {
        Tensor deltas = _deltas.narrow(0, from, to - from);
        Tensor gradients = deltas.transpose(1, 2).bmm(_inputs.narrow(0, from, to - from));
        if (IsWhole)
        {
            return gradients;
        }

        Tensor whole = zeros([to - from, _rows, _inputs.shape[2]], gradients.dtype, gradients.device);
        whole.narrow(1, _firstRow, gradients.shape[1]).copy_(gradients);
        return whole;
    }

    public override Tensor InnerProducts(Tensor direction) =>
        (_inputs.matmul(direction.narrow(0, _firstRow, _deltas.shape[2]).t()) * _deltas).flatten(1).sum(1);

    public override bool TryAddMoments(MomentSums sums)
    {
        if (_inputs.shape[1] != 1)
        {
            return TryAddProducts(sums);
        }

        // One position: the gradient is an outer product, so that its square and its sign are outer products too.
        Tensor inputs = _inputs.squeeze(1);
        Tensor deltas = _deltas.squeeze(1);
        Tensor inputSquares = inputs * inputs;
        Tensor deltaSquares = deltas * deltas;
        sums.Add(
            new GradientSums(
                deltas.t().matmul(inputs),
                deltaSquares.t().matmul(inputSquares),
                sums.CountsSigns ? deltas.sign().t().matmul(inputs.sign()) : null,
                SquaredNorms: null),
            _firstRow * inputs.shape[1]);
        sums.AddOuterNorms(inputs, deltas);
        return true;
    }

    public override bool TryAddMeans(RobustMeans means)
    {
        if (!means.Takes(_inputs, _deltas))
        {
            return false;
        }

        if (_inputs.shape[1] == 1)
        {
            means.AddOuterProducts(_inputs.squeeze(1), _deltas.squeeze(1), _firstRow);
            return true;
        }

        return TryAddProducts(means);
    }

    private bool TryAddProducts(IProductSums sums)
    {
        if (!MomentSums.TakesProductsOf(_inputs))
        {
            return false;
        }

        var (positions, entries) = ((int)_inputs.shape[1], (int)_inputs.shape[2]);
        var (inputs, inputPosition) = Operand(_inputs);
        var (deltas, deltaPosition) = Operand(_deltas);
        sums.AddProducts(
            new ProductShape((int)Examples, positions, (int)_deltas.shape[2], entries, deltas.ExampleStride, deltaPosition, 1) { AllValues = _inputs.numel() },
            inputs,
            [.. Enumerable.Range(0, positions).Select(t => (int)(t * inputPosition))],
            [.. Enumerable.Range(0, entries)],
            deltas,
            _firstRow * entries);
        return true;
    }

    // (N, T, d) as it lies: examples first or positions first, without a copy.
    private static (ProductOperand Operand, long PositionStride) Operand(Tensor tensor)
    {
        long width = tensor.shape[2];
        Tensor positionsFirst = tensor.transpose(0, 1);
        return positionsFirst.is_contiguous() && !tensor.is_contiguous()
            ? (new ProductOperand(positionsFirst, 0, width), tensor.shape[0] * width)
            : (new ProductOperand(tensor.contiguous(), 0, tensor.shape[1] * width), width);
    }

    private static Tensor Positions(Tensor tensor) => tensor.reshape(tensor.shape[0], -1, tensor.shape[^1]);
}
