using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>The windows of a convolution in one, two or three dimensions, an entry a spatial dimension.</summary>
internal sealed record ConvolutionWindows(long[] Kernel, long[] Stride, long[] Dilation, long Groups);

/// <summary>
/// A convolution over values v (N, r, C, space…), already padded, with deltas δ (N, r, O, positions…), r calls an example: unfolded, it is in each
/// group a linear map over T = r·positions, G_n = Σ_t δ_nt v_ntᵀ. A transposed convolution is one with its inputs for δ and its deltas for v.
/// </summary>
internal sealed class ConvolutionUse(Tensor values, Tensor deltas, ConvolutionWindows windows, long[] weightShape) : ParameterUse
{
    private readonly int _dimensions = windows.Kernel.Length;

    private Tensor Values => values;

    private Tensor Deltas => deltas;

    public override long Examples => deltas.shape[0];

    public override long BytesPerExample
    {
        get
        {
            long entries = values.shape[2] * windows.Kernel.Aggregate(1L, (a, b) => a * b);
            long positions = deltas.numel() / deltas.shape[0] / deltas.shape[2];
            return (entries * positions + (values.numel() + deltas.numel()) / values.shape[0] + 3 * weightShape.Aggregate(1L, (a, b) => a * b)) * values.ElementSize;
        }
    }

    public override Tensor Gradients(long from, long to)
    {
        long count = to - from;
        long calls = values.shape[1];
        Tensor patches = values.narrow(0, from, count).flatten(0, 1);
        for (int d = 0; d < _dimensions; d++)
        {
            // Windows with holes, then without; never more positions than there are deltas.
            patches = patches.unfold(2 + d, windows.Dilation[d] * (windows.Kernel[d] - 1) + 1, windows.Stride[d]).narrow(2 + d, 0, deltas.shape[3 + d]);
            patches = patches.slice(-1, 0, patches.shape[^1], windows.Dilation[d]);
        }

        // (N·r, C, positions…, kernel…) to (N·groups, r·positions, C/groups·kernel).
        long groups = windows.Groups;
        long positions = deltas.shape.Skip(3).Aggregate(1L, (a, b) => a * b);
        Tensor inputs = patches.reshape([count, calls, groups, patches.shape[1] / groups, positions, -1])
            .permute(0, 2, 1, 4, 3, 5).reshape(count * groups, calls * positions, -1);
        Tensor outputs = deltas.narrow(0, from, count).reshape(count, calls, groups, -1, positions)
            .permute(0, 2, 3, 1, 4).reshape(count * groups, -1, calls * positions);
        return outputs.bmm(inputs).reshape([count, .. weightShape]);
    }

    public override Tensor InnerProducts(Tensor direction)
    {
        Tensor flat = values.flatten(0, 1);
        Tensor outputs = _dimensions switch
        {
            1 => nn.functional.conv1d(flat, direction, null, windows.Stride[0], 0, windows.Dilation[0], windows.Groups),
            2 => nn.functional.conv2d(flat, direction, null, windows.Stride, [0, 0], windows.Dilation, windows.Groups),
            _ => nn.functional.conv3d(flat, direction, null, windows.Stride, [0, 0, 0], windows.Dilation, windows.Groups),
        };
        for (int d = 0; d < _dimensions; d++)
        {
            outputs = outputs.narrow(2 + d, 0, deltas.shape[3 + d]);
        }

        return (outputs.reshape(deltas.shape) * deltas).flatten(1).sum(1);
    }

    public override bool TryAddMoments(MomentSums sums) => TryAddProducts(sums);

    public override bool TryAddMeans(RobustMeans means) => means.Takes(values, deltas) && TryAddProducts(means);

    protected override ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is ConvolutionUse convolution && convolution.IsLike(values, deltas, windows))
            ? new ConvolutionUse(
                cat([.. uses.Select(u => ((ConvolutionUse)u).Values)]), cat([.. uses.Select(u => ((ConvolutionUse)u).Deltas)]), windows, weightShape)
            : null;

    private bool TryAddProducts(IProductSums sums)
    {
        if (!MomentSums.TakesProductsOf(values))
        {
            return false;
        }

        long calls = values.shape[1];
        long groups = windows.Groups;
        long channels = values.shape[2] / groups;
        long outputs = deltas.shape[2] / groups;
        long[] strides = StridesOf(values.shape.AsSpan(2));
        int[] positions = Offsets(0, [calls, .. deltas.shape.Skip(3)], [values.shape[2] * strides[0], .. windows.Stride.Zip(strides.Skip(1), (a, b) => a * b)]);
        int[] entries = Offsets(0, [channels, .. windows.Kernel], [strides[0], .. windows.Dilation.Zip(strides.Skip(1), (a, b) => a * b)]);
        Tensor flat = values.contiguous();
        // Several calls an example have their positions apart: bring them together.
        Tensor ordered = calls == 1 ? deltas.contiguous() : deltas.flatten(3).transpose(1, 2).contiguous();
        for (long group = 0; group < groups; group++)
        {
            sums.AddProducts(
                new ProductShape(
                    (int)Examples, positions.Length, (int)outputs, entries.Length, groups * outputs * positions.Length, 1, positions.Length),
                new ProductOperand(flat, group * channels * strides[0], flat.numel() / Examples),
                positions,
                entries,
                new ProductOperand(ordered, group * outputs * positions.Length, groups * outputs * positions.Length),
                group * outputs * entries.Length);
        }

        return true;
    }

    private bool IsLike(Tensor otherValues, Tensor otherDeltas, ConvolutionWindows other) =>
        CanJoin(values, otherValues)
        && CanJoin(deltas, otherDeltas)
        && windows.Groups == other.Groups
        && windows.Kernel.SequenceEqual(other.Kernel)
        && windows.Stride.SequenceEqual(other.Stride)
        && windows.Dilation.SequenceEqual(other.Dilation);

    // Row-major strides of (C, space…).
    private static long[] StridesOf(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        return strides;
    }

    private static int[] Offsets(long start, ReadOnlySpan<long> counts, ReadOnlySpan<long> strides)
    {
        if (counts.IsEmpty)
        {
            return [checked((int)start)];
        }

        var offsets = new List<int>();
        for (long i = 0; i < counts[0]; i++)
        {
            offsets.AddRange(Offsets(start + i * strides[0], counts[1..], strides[1..]));
        }

        return [.. offsets];
    }
}
