using Presage.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>Robust means of one parameter's gradients, formed of its uses without storing the gradients; 0 where no use has an entry.</summary>
internal sealed class RobustMeans(Parameter parameter, Selection selection) : IProductSums
{
    /// <summary>The means, of the parameter's shape and type.</summary>
    public Tensor Means { get; } = zeros(parameter.shape, parameter.dtype, parameter.device);

    /// <summary>Whether all gradients so far were finite; where one was not, the means are not to be used.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <summary>Takes what all uses of the parameter give; false where gradients have to be formed.</summary>
    public bool TryAdd(IReadOnlyList<ParameterUse> uses) =>
        (uses.Count == 1 || OuterUse.AreDisjoint(uses)) && uses.All(use => use.TryAddMeans(this));

    /// <summary>Whether numbers are of the kind that the means are formed in.</summary>
    public bool Takes(Tensor values, Tensor deltas) =>
        MomentSums.TakesProductsOf(values) && values.dtype == parameter.dtype && deltas.dtype == parameter.dtype;

    /// <summary>Takes outer products of the rows of two matrices, deltas (N, out) and inputs (N, in), that are rows of the parameter.</summary>
    public unsafe void AddOuterProducts(Tensor inputs, Tensor deltas, long firstRow)
    {
        var (outputs, entries) = ((int)deltas.shape[1], (int)inputs.shape[1]);
        Tensor values = inputs.contiguous();
        Tensor factors = deltas.contiguous();
        fixed (byte* a = values.bytes, delta = factors.bytes, means = Means.bytes)
        {
            IsFinite &= parameter.dtype == ScalarType.Float32
                ? RobustOuterProduct.TryMean((float*)delta, outputs, (float*)a, entries, selection, (float*)means + firstRow * entries)
                : RobustOuterProduct.TryMean((double*)delta, outputs, (double*)a, entries, selection, (double*)means + firstRow * entries);
        }
    }

    public unsafe void AddProducts(in ProductShape shape, ProductOperand values, int[] positions, int[] entries, ProductOperand deltas, long firstEntry)
    {
        long perExample = values.ExampleStride;
        fixed (byte* a = values.Tensor.bytes, delta = deltas.Tensor.bytes, means = Means.bytes)
        {
            IsFinite &= parameter.dtype == ScalarType.Float32
                ? RobustProduct.TryMean(
                    shape, (float*)a + values.Offset, perExample, positions, entries, (float*)delta + deltas.Offset, selection, (float*)means + firstEntry)
                : RobustProduct.TryMean(
                    shape, (double*)a + values.Offset, perExample, positions, entries, (double*)delta + deltas.Offset, selection, (double*)means + firstEntry);
        }
    }
}
