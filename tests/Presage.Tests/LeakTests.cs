using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Counts live tensors of the whole process: nothing may run beside it, so xunit.runner.json has tests run one after another.</summary>
public class LeakTests
{
    private const int Measurements = 1_000;

    [Fact]
    public void A_thousand_measurements_leave_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(new BitOfEverything(), 6);
        var (x, y) = Classification(2, [1, 3, 3], 3, 6, ScalarType.Float32);
        GradientProbe[] probes = [new(model), new(model, new ProbeOptions(1)), new(model, new ProbeOptions(InnerProducts: false, Signs: false))];
        AssertLeavesNothing(Measurements, i => (i % 50 == 0 ? new GradientProbe(model) : probes[i % probes.Length]).Measure(x, y, Losses.CrossEntropy));
    }

    [Fact]
    public void Measurements_of_mini_batches_leave_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var model = Sequential(("fc", Linear(4, 3)), ("norm", BatchNorm1d(3)));
        var (x, y) = Classification(6, [4], 3, 6, ScalarType.Float32);
        var probe = new GradientProbe(model, new ProbeOptions(MiniBatch: 2));
        AssertLeavesNothing(100, _ => probe.Measure(x, y, Losses.CrossEntropy));
    }

    [Fact]
    public void Recording_examples_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        Tensor outputs = randn(2, 3, requires_grad: true).exp();
        Tensor labels = tensor([0L, 2L]);
        var recorder = new Presage.Examples.ExampleRecorder();
        AssertLeavesNothing(Measurements, _ => recorder.Observe([4, 1], outputs, labels));
    }

    // TorchSharp's modules leave the wrappers of their parameters behind when they are disposed of: fourteen a network here.
    [Fact]
    public void Trainings_of_document_002_leave_no_tensor_behind()
    {
        Train(0);
        long live = LiveTensors();
        Train(1);
        Train(2);
        Assert.InRange(LiveTensors() - live, 0, 2 * 14);

        static void Train(int seed) => Cli.Reproductions.PuzzleTraining.Run(
            new("net", Cli.Reproductions.PuzzleModel.FiveNormalized, 4, 20, 20, new(1, 2, 1, 10, 0.05, 0.1), HasRandomLabels: true),
            MadeUpImages.Work(seed) with { Data = MadeUpImages.Of(20, 4, seed) });
    }

    [Fact]
    public void Files_of_tensors_leave_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var model = Sequential(("fc1", Linear(4, 3)), ("fc2", Linear(3, 3)));
        var small = Sequential(("fc1", Linear(4, 2)));
        Dictionary<string, Tensor> state = model.state_dict();
        Dictionary<string, Tensor> renamed = state.ToDictionary(each => "net." + each.Key, each => each.Value, StringComparer.Ordinal);
        byte[][] files = [SafetensorsTests.Written(state, []), SafetensorsTests.Written(renamed, [])];
        AssertLeavesNothing(100, i =>
        {
            using Checkpoints.TensorFile file = SafetensorsSamples.Open(files[i % 2]);
            Checkpoints.NetworkState.Load(file, model);
            Assert.Throws<InvalidDataException>(() => Checkpoints.NetworkState.Load(file, small));
            SafetensorsTests.Written(state, []);
        });
    }

    [Fact]
    public void Gradients_of_micro_batches_leave_no_tensor_behind_but_themselves()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(3));
        Robust.MicroBatchGradients[] rules = [new Robust.MedianOfMeans(3), new Robust.MedianOfMeans(4), new Robust.TrimmedMeanOfMeans(5, 1), new Robust.MeanOfMeans(2)];
        AssertLeavesNothing(100, i =>
        {
            using var step = NewDisposeScope();
            rules[i % rules.Length].Backward([weight], j => (weight * j).sum());
        });
    }

    [Fact]
    public void Robust_gradients_of_examples_leave_no_tensor_behind_but_themselves()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(new BitOfEverything(), 6);
        var (x, y) = Classification(4, [1, 3, 3], 3, 6, ScalarType.Float32);
        Tensor infinite = x.clone();
        infinite[1] = float.PositiveInfinity;
        Robust.PerExampleGradients[] rules = [new Robust.WinsorizedGradients(model, 30), new Robust.TrimmedGradients(model, 30, memoryBudget: 1)];
        AssertLeavesNothing(60, i =>
        {
            rules[i % rules.Length].Backward(x, y, Losses.CrossEntropy);
            Assert.Throws<NumericalException>(() => rules[i % rules.Length].Backward(infinite, y, Losses.CrossEntropy));
        });
    }

    [Fact]
    public void Errors_and_cancellations_leave_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(new BitOfEverything(), 6);
        var (x, y) = Classification(2, [1, 3, 3], 3, 6, ScalarType.Float32);
        Tensor infinite = x.clone();
        infinite[1] = float.PositiveInfinity;
        var probe = new GradientProbe(model, new ProbeOptions(1));
        AssertLeavesNothing(30, i =>
        {
            var measured = i % 2 == 0 ? probe : new GradientProbe(model);
            int calls = 0;
            using var stop = new CancellationTokenSource();
            Assert.Throws<ArgumentException>(() => measured.Measure(x, y, (o, t) => functional.cross_entropy(o, t)));
            Assert.Throws<NumericalException>(() => measured.Measure(infinite, y, Losses.CrossEntropy));
            Assert.Throws<OperationCanceledException>(() => probe.Measure(
                x,
                y,
                (o, t) =>
                {
                    if (++calls == 9)
                    {
                        stop.Cancel();
                    }

                    return Losses.CrossEntropy(o, t);
                },
                stop.Token));
            Assert.Throws<NotSupportedException>(() => measured.Measure(x, y, (o, _) => o.sum() is null ? o : throw new NotSupportedException()));
        });
    }

    // The garbage of other tests would be counted when it is collected in between.
    private static void AssertLeavesNothing(int times, Action<int> measure)
    {
        measure(0);
        measure(1);
        long live = LiveTensors();
        for (int i = 0; i < times; i++)
        {
            measure(i);
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

    /// <summary>A layer of each kind, a scale of its own, a penalty and a module called twice.</summary>
    private sealed class BitOfEverything : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = Conv2d(1, 2, 2);
        private readonly GroupNorm norm = GroupNorm(1, 2);
        private readonly Embedding table = Embedding(3, 2);
        private readonly Linear twice = Linear(2, 2);
        private readonly Linear head = Linear(2, 3);
        private readonly Parameter scale = new(ones(2));

        public BitOfEverything()
            : base("BitOfEverything") => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor hidden = functional.relu(norm.call(conv.call(input)), inplace: true).flatten(2).mean([2]) * scale;
            using Tensor tokens = input.flatten(1)[.., ..2].round().clamp(0, 2).to(ScalarType.Int64);
            return head.call(twice.call(twice.call(hidden) + table.call(tokens).sum(1)));
        }
    }
}
