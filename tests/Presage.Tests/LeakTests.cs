using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Counts live tensors of the whole process: nothing may run beside it, so xunit.runner.json has tests run one after another.</summary>
public class LeakTests
{
    [Fact]
    public void Measuring_leaves_no_tensor_behind_in_one_chunk_or_in_many_or_after_an_error()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(ScalarType.Float32), 6);
        var (x, y) = Classification(9, [2, 8, 8], 3, 6, ScalarType.Float32);
        new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
        long live = LiveTensors();
        for (int i = 0; i < 20; i++)
        {
            new GradientProbe(model, new ProbeOptions(i % 2 == 0 ? 1 : ProbeOptions.DefaultMemoryBudget)).Measure(x, y, Losses.CrossEntropy);
            Assert.Throws<ArgumentException>(() => new GradientProbe(model).Measure(x, y, (o, t) => nn.functional.cross_entropy(o, t)));
        }

        Assert.Equal(live, Tensor.TotalCount);
    }

    /// <summary>The count once the finalizers have taken what tests before left to them.</summary>
    internal static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
