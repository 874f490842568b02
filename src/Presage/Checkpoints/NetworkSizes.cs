using Presage.Models;

namespace Presage.Checkpoints;

/// <summary>The sizes of a network that the shapes of a file's tensors tell.</summary>
public static class NetworkSizes
{
    private const int MostChannels = 256;

    /// <summary>Sees that a file's tensors have the sizes that its description claims, before anything of that size is made.</summary>
    /// <param name="file">The file.</param>
    /// <param name="spec">The description, with inputs that are known to be of this shape.</param>
    /// <exception cref="InvalidDataException">They have not.</exception>
    public static void RequireBorneOut(TensorFile file, NetworkSpec spec)
    {
        long size = spec.InputShape.Aggregate(1L, (product, side) => product * side);
        if (NetworkSpec.HasChannels(spec.Model))
        {
            Require(file, $"a convolution of {spec.InputShape[0]} channels to {spec.Channels}, at most {MostChannels}",
                spec.Channels <= MostChannels && file.Tensors.Any(tensor => tensor.Shape is [var to, var from, _, _] && to == spec.Channels && from == spec.InputShape[0]));
            return;
        }

        long[] widths = [size, .. spec.Hidden, spec.Outputs];
        foreach (var group in widths.Zip(widths.Skip(1)).CountBy(pair => pair))
        {
            var (from, to) = group.Key;
            Require(file, $"{group.Value} layers of {from} inputs and {to} outputs", file.Tensors.Count(tensor => tensor.Shape is [var rows, var columns] && rows == to && columns == from) == group.Value);
        }
    }

    private static void Require(TensorFile file, string what, bool isThere)
    {
        if (!isThere)
        {
            throw new InvalidDataException($"{file.Name}: expected {what}, as the description of the network says, but the tensors are others.");
        }
    }

    /// <summary>
    /// Fills in what a description leaves open: of an mlp the hidden layers, which are the outputs of all matrices but the last as they chain from inputs to
    /// outputs, and of the others the channels, which are those of the only four-dimensional tensor that takes the input's.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="spec">The description; what it says of sizes is ignored.</param>
    /// <exception cref="InvalidDataException">The file has no such tensors, or several that could be.</exception>
    public static NetworkSpec Of(TensorFile file, NetworkSpec spec) =>
        string.Equals(spec.Model, NetworkSpec.Mlp, StringComparison.Ordinal) ? spec with { Hidden = Chain(file, spec) }
        : NetworkSpec.HasChannels(spec.Model) ? spec with { Channels = FirstChannels(file, spec) }
        : spec;

    private static int FirstChannels(TensorFile file, NetworkSpec spec)
    {
        int inputs = spec.InputShape.Count == 3 ? spec.InputShape[0] : throw new InvalidDataException($"{file.Name}: {spec.Model} takes images, but an input has shape ({string.Join(", ", spec.InputShape)}).");
        StoredTensor[] first = [.. file.Tensors.Where(tensor => tensor.Shape is [_, var channels, _, _] && channels == inputs)];
        return first is [var only] && only.Shape[0] is > 0 and <= MostChannels
            ? (int)only.Shape[0]
            : throw new InvalidDataException($"{file.Name}: expected one convolution that takes {inputs} channels, as the images have, but got {first.Length}: give the channels.");
    }

    private static int[] Chain(TensorFile file, NetworkSpec spec)
    {
        List<StoredTensor> left = [.. file.Tensors.Where(tensor => tensor.Shape.Count == 2)];
        long width = spec.InputShape.Aggregate(1L, (size, side) => size * side);
        var hidden = new List<int>();
        while (left.Count > 0)
        {
            StoredTensor next = Next(file.Name, width, spec.Outputs, left);
            width = next.Shape[0] is > 0 and <= int.MaxValue ? next.Shape[0] : throw new InvalidDataException($"{file.Name}: expected a layer with outputs, but got {next}.");
            hidden.Add((int)width);
            left.Remove(next);
        }

        return hidden.Count > 0 && width == spec.Outputs
            ? [.. hidden[..^1]]
            : throw new InvalidDataException($"{file.Name}: expected a last layer with {spec.Outputs} outputs, one a class, but it has {width}.");
    }

    // Square ones come before those that change the width, and the one that gives the outputs last.
    private static StoredTensor Next(string file, long width, int outputs, List<StoredTensor> left)
    {
        StoredTensor[] fitting = [.. left.Where(tensor => tensor.Shape[1] == width)];
        StoredTensor[] first = fitting.GroupBy(tensor => tensor.Shape[0] == width ? 0 : tensor.Shape[0] == outputs ? 2 : 1).MinBy(group => group.Key)?.ToArray() ?? [];
        return first.DistinctBy(tensor => tensor.Shape[0]).Count() == 1
            ? first[0]
            : throw new InvalidDataException(first.Length == 0
                ? $"{file}: expected a layer that takes {width} inputs, but there is none: the file holds no mlp for these inputs."
                : $"{file}: expected one layer that takes {width} inputs, but got {string.Join(" and ", first.Take(2))}: give the hidden layers.");
    }
}
