using Presage.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>An example set as tensors: inputs (N, shape), and labels (N) as int64 or targets (N, 1).</summary>
internal sealed class ExampleTensors : IDisposable
{
    public ExampleTensors(ExampleSet examples, Device device)
    {
        using var scope = NewDisposeScope();
        long[] shape = [examples.Count, .. examples.InputShape.Select(side => (long)side)];

        // A copy in libtorch's memory: in .NET's an array lies anywhere, and the last bits of products of matrices depend on where.
        Inputs = tensor(examples.Inputs, shape, device: device).clone().DetachFromDisposeScope();
        Targets = (examples.Labels is { } labels
            ? tensor([.. labels.Select(label => (long)label)], device: device)
            : tensor(examples.Targets!, [examples.Count, 1], device: device).clone()).DetachFromDisposeScope();
        IsClassification = examples.Labels is not null;
        Count = examples.Count;
    }

    /// <summary>Some of the examples, copied.</summary>
    public ExampleTensors(ExampleTensors all, int[] chosen)
    {
        using var scope = NewDisposeScope();
        Tensor indices = tensor([.. chosen.Select(i => (long)i)], device: all.Inputs.device);
        Inputs = all.Inputs.index_select(0, indices).DetachFromDisposeScope();
        Targets = all.Targets.index_select(0, indices).DetachFromDisposeScope();
        (IsClassification, Count) = (all.IsClassification, chosen.Length);
    }

    public Tensor Inputs { get; }

    public Tensor Targets { get; }

    public bool IsClassification { get; }

    public int Count { get; }

    public void Dispose()
    {
        Inputs.Dispose();
        Targets.Dispose();
    }
}
