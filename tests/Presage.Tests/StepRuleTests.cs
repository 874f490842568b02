using Presage.Cli.Studies;
using Presage.Examples;
using Presage.Gradients;
using Presage.Models;
using Presage.Robust;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class StepRuleTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly nn.Module<Tensor, Tensor> _model = Networks.Mlp([4], [6], 3, seed: 2);

    public StepRuleTests()
    {
        var (inputs, labels) = Classification(23, [4], 3, 1);
        (_inputs, _labels) = (inputs.to(ScalarType.Float32), labels);
    }

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(StepRule.Wsgd)]
    [InlineData(StepRule.Trimmed)]
    public void With_no_percent_a_rule_of_examples_is_plain(string name) =>
        AssertClose(Gradients(new StepRuleChoice()), Gradients(new StepRuleChoice(name, Percent: 0)), 1e-6f);

    [Fact]
    public void Plain_steps_take_the_gradient_of_the_mean_loss()
    {
        float[] actual = Gradients(new StepRuleChoice());
        _model.zero_grad();
        Losses.CrossEntropy(_model.call(_inputs), _labels).mean().backward();
        AssertClose(Flat(), actual, 1e-6f);
    }

    [Fact]
    public void A_batch_of_more_than_a_chunk_is_summed_to_its_mean()
    {
        var (inputs, labels) = Classification(1203, [4], 3, 5);
        Tensor single = inputs.to(ScalarType.Float32);
        double loss = StepRule.Of(new StepRuleChoice(), _model).Backward(single, labels, Losses.CrossEntropy);
        float[] actual = Flat();
        _model.zero_grad();
        Tensor mean = Losses.CrossEntropy(_model.call(single), labels).mean();
        mean.backward();
        Assert.Equal(mean.item<float>(), loss, 1e-5);
        AssertClose(Flat(), actual, 1e-6f);
    }

    [Theory]
    [InlineData(StepRule.M3, 3)]
    [InlineData(StepRule.M3, 4)]
    [InlineData(StepRule.A3, 3)]
    public void Micro_batches_are_nearly_equal_parts_in_order(string name, int parts)
    {
        float[] actual = Gradients(new StepRuleChoice(name, MicroBatches: parts));
        int[] cuts = [.. Enumerable.Range(0, parts + 1).Select(i => 23 * i / parts)];
        Assert.All(cuts.Zip(cuts[1..]), part => Assert.InRange(part.Second - part.First, 23 / parts, 23 / parts + 1));
        MicroBatchGradients rule = string.Equals(name, StepRule.M3, StringComparison.Ordinal) ? new MedianOfMeans(parts) : new MeanOfMeans(parts);
        rule.Backward(_model.parameters(), i => Losses.CrossEntropy(_model.call(_inputs[cuts[i]..cuts[i + 1]]), _labels[cuts[i]..cuts[i + 1]]).mean());
        AssertClose(Flat(), actual, 0);
    }

    [Fact]
    public void A_batch_smaller_than_its_micro_batches_is_refused() => Assert.Contains(
        "Expected at least 3 examples",
        Assert.Throws<ArgumentException>(() => StepRule.Of(new StepRuleChoice(StepRule.M3), _model).Backward(_inputs[..2], _labels[..2], Losses.CrossEntropy)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(StepRule.Sgd, 8, 1)]
    [InlineData(StepRule.Wsgd, 8, 13)]
    [InlineData(StepRule.Wsgd, 1, 100)]
    [InlineData(StepRule.Trimmed, 0, 1)]
    [InlineData(StepRule.Trimmed, 50, 2)]
    [InlineData(StepRule.Wsgd, 1e-300, int.MaxValue)]
    [InlineData(StepRule.M3, 8, 3)]
    public void The_least_batch_holds_down_one_example_at_each_end(string name, double percent, int least)
    {
        Assert.Equal(least, new StepRuleChoice(name, percent).LeastBatch);
        if (least is > 1 and < int.MaxValue && new StepRuleChoice(name).TakesPercent)
        {
            Assert.Equal((0, 1), (RobustMean.CountOf(least - 1, percent), RobustMean.CountOf(least, percent)));
        }
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 4)]
    public void Every_pass_sees_each_example_once_but_for_a_rest_left_out(bool keepsRest, int steps)
    {
        var order = new BatchOrder(23, 5, 1, keepsRest);
        Assert.Equal(steps, order.StepsPerEpoch);
        var passes = new List<int[]>();
        for (int pass = 0; pass < 2; pass++)
        {
            var seen = new List<int>();
            for (int step = 0; step < steps; step++)
            {
                seen.AddRange(order.Next());
            }

            Assert.Equal(keepsRest ? 23 : 20, seen.Distinct().Count());
            passes.Add([.. seen]);
        }

        Assert.NotEqual(passes[0], passes[1]);
    }

    [Fact]
    public void A_trainer_takes_the_optimizers_steps_in_the_order_drawn()
    {
        using nn.Module<Tensor, Tensor> twin = Networks.Mlp([4], [6], 3, seed: 2);
        using (var trainer = new BatchTrainer(
            _model, _inputs, _labels, Losses.CrossEntropy, new BatchPlan(5, 0.1, 1, new StepRuleChoice(StepRule.M3), Momentum: 0.9, WeightDecay: 0.01)))
        {
            trainer.TrainEpochs(2);
            Assert.Equal((10, 2.0), (trainer.Step, trainer.Epoch));
        }

        using var sgd = optim.SGD(twin.parameters(), 0.1, 0.9, weight_decay: 0.01);
        var order = new BatchOrder(23, 5, 1, keepsRest: true);
        StepRule rule = StepRule.Of(new StepRuleChoice(StepRule.M3), twin);
        for (int step = 0; step < 10; step++)
        {
            long[] indices = [.. order.Next()];
            Tensor batch = tensor(indices);
            rule.Backward(_inputs.index_select(0, batch), _labels.index_select(0, batch), Losses.CrossEntropy);
            sgd.step();
        }

        AssertClose(Values(twin), Values(_model), 0);
    }

    [Theory]
    [InlineData(StepRule.Sgd, 5, true)]
    [InlineData(StepRule.M3, 5, false)]
    [InlineData(StepRule.Sgd, 23, true)]
    public void A_recorder_sees_each_example_s_outputs_once_a_pass_before_its_step(string rule, int batch, bool keepsRest)
    {
        // With steps of next to nothing every visit sees the network's first outputs.
        var recorder = new ExampleRecorder(23);
        using Tensor outputs = _model.call(_inputs).detach();
        using (var trainer = new BatchTrainer(
            _model, _inputs, _labels, Losses.CrossEntropy, new BatchPlan(batch, 1e-30, 1, new StepRuleChoice(rule), KeepsRest: keepsRest), recorder))
        {
            trainer.TrainEpochs(3, cancellation: TestContext.Current.CancellationToken);
        }

        double[] losses = [.. Losses.CrossEntropy(outputs.to(ScalarType.Float64), _labels).data<double>()];
        IReadOnlyList<ExampleRecord> records = recorder.ToRecords();
        Assert.Equal(Enumerable.Range(0, 23), records.Select(record => record.Index));
        Assert.All(records, record =>
        {
            Assert.InRange(record.Epochs, keepsRest ? 3 : 1, 3);
            Assert.Equal(_labels[record.Index].item<long>(), record.Label);
            Assert.Equal(losses[record.Index], record.MeanLoss, 1e-5);
        });
        Assert.Equal(3 * (keepsRest ? 23 : 20), records.Sum(record => record.Epochs));
        Assert.Throws<ArgumentException>(() => new BatchTrainer(
            _model, _inputs, _labels, Losses.CrossEntropy, new BatchPlan(5, 0.1, 1, new StepRuleChoice(StepRule.Wsgd)), recorder));
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_training()
    {
        using var trainer = new BatchTrainer(_model, _inputs * float.PositiveInfinity, _labels, Losses.CrossEntropy, new BatchPlan(5, 0.1, 1));
        Assert.Contains("diverged", Assert.Throws<NumericalException>(() => trainer.TrainEpochs(1)).Message, StringComparison.Ordinal);
        Assert.Equal(0, trainer.Step);
    }

    private float[] Gradients(StepRuleChoice choice)
    {
        StepRule.Of(choice, _model).Backward(_inputs, _labels, Losses.CrossEntropy);
        return Flat();
    }

    private float[] Flat() => [.. _model.parameters().SelectMany(p => p.grad!.data<float>().ToArray())];

    private static float[] Values(nn.Module<Tensor, Tensor> model) => [.. model.parameters().SelectMany(p => p.data<float>().ToArray())];

    private static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
