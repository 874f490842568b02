using CsCheck;
using Presage.Models;
using Presage.Robust;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class MicroBatchGradientsTests
{
    /// <summary>k micro-batches' gradients of d coordinates, with ties and zeros.</summary>
    private static Gen<double[][]> Gradients(int k) => Gen.OneOf(Gen.Double[-3, 3], Gen.Const(0.0), Gen.Int[-2, 2].Select(i => (double)i)).Array[5].Array[k];

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public void The_median_is_the_middle_of_the_sorted_gradients_or_the_mean_of_the_two_there(int k) => Gradients(k).Sample(gradients =>
        AssertCoordinates(gradients, new MedianOfMeans(k), sorted => (sorted[(k - 1) / 2] + sorted[k / 2]) / 2));

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(8, 2)]
    [InlineData(8, 3)]
    public void The_trimmed_mean_leaves_out_as_many_at_each_end(int k, int trimmed) => Gradients(k).Sample(gradients =>
        AssertCoordinates(gradients, new TrimmedMeanOfMeans(k, trimmed), sorted => sorted[trimmed..^trimmed].Average()));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_mean_is_the_mean(int k) => Gradients(k).Sample(gradients => AssertCoordinates(gradients, new MeanOfMeans(k), sorted => sorted.Average()));

    [Fact]
    public void The_median_of_three_keeps_a_small_one_between_large_ones_exactly()
    {
        AssertCoordinates([[1e300], [1], [-1e300]], new MedianOfMeans(3), _ => 1);
        AssertCoordinates([[1e20], [1e-20], [-1e20]], new MedianOfMeans(3), _ => 1e-20);
    }

    [Fact]
    public void The_mean_over_equal_micro_batches_is_the_batch_s_gradient_and_the_loss_its_loss()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = Networks.Mlp([6], [5], 3, 1).to(ScalarType.Float64);
        using var generator = new Generator(3);
        Tensor inputs = randn(12, 6, ScalarType.Float64, generator: generator);
        Tensor labels = randint(0, 3, [12], generator: generator);
        Tensor batch = nn.functional.cross_entropy(model.call(inputs), labels);
        batch.backward();
        Tensor[] expected = [.. model.parameters().Select(p => p.grad!.clone())];

        double loss = new MeanOfMeans(3).Backward(model.parameters(), i => nn.functional.cross_entropy(model.call(inputs[(4 * i)..(4 * i + 4)]), labels[(4 * i)..(4 * i + 4)]));
        Assert.Equal(batch.item<double>(), loss, 1e-12);
        Assert.All(model.parameters().Zip(expected), each => Assert.True(each.First.grad!.allclose(each.Second, 1e-12, 1e-14)));
    }

    [Fact]
    public void What_is_asked_for_by_one_micro_batch_of_three_is_left_out()
    {
        // Document 003, Example 6: each example has a coordinate of its own beside the one that all share.
        using var scope = NewDisposeScope();
        var weight = new Parameter(zeros(4, ScalarType.Float64));
        Tensor[] examples = [tensor([1.0, 1, 0, 0]), tensor([1.0, 0, 1, 0]), tensor([1.0, 0, 0, 1])];
        new MedianOfMeans(3).Backward([weight], i => (examples[i].dot(weight) - 1).square());
        Assert.Equal([-2.0, 0, 0, 0], weight.grad!.data<double>());
    }

    [Fact]
    public void Any_optimizer_takes_the_step()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(1));
        using var optimizer = optim.SGD([weight], 0.5, momentum: 0.9, weight_decay: 0.1);
        double[] slopes = [1, 2, 7];
        for (int step = 0; step < 2; step++)
        {
            new MedianOfMeans(3).Backward([weight], i => (weight * slopes[i]).sum());
            optimizer.step();
        }

        // v1 = 2 + 0.1; w1 = 1 − 0.5·v1; v2 = 0.9·v1 + 2 + 0.1·w1.
        const double first = 1 - 0.5 * 2.1;
        Assert.Equal(first - 0.5 * (0.9 * 2.1 + 2 + 0.1 * first), weight.item<float>(), 1e-5);
    }

    [Fact]
    public void A_parameter_without_a_gradient_in_some_micro_batches_has_0_there_and_without_any_has_none()
    {
        using var scope = NewDisposeScope();
        var sometimes = new Parameter(ones(1));
        var never = new Parameter(ones(1));
        never.grad = ones(1);
        new MeanOfMeans(4).Backward([sometimes, never], i => i == 2 ? (sometimes * 8).sum() : zeros(1, requires_grad: true).sum());
        Assert.Equal(2, sometimes.grad!.item<float>());
        Assert.Null(never.grad);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_not_finite_is_refused_whichever_rule_would_hide_it(double value)
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(2));
        Assert.Contains("loss of micro-batch 1", Refuse(i => (weight * (i == 1 ? value : 1)).sum()).Message, StringComparison.Ordinal);
        // Finite where it is, with a slope that is not: |x|^0.5 at 0.
        Assert.Contains("gradient of micro-batch 2", Refuse(i => i == 2 ? (weight - 1).abs().sqrt().sum() : weight.sum()).Message, StringComparison.Ordinal);
        Assert.Null(weight.grad);

        NumericalException Refuse(Func<int, Tensor> loss) => Assert.Throws<NumericalException>(() => new MedianOfMeans(5).Backward([weight], loss));
    }

    [Fact]
    public void Rules_and_losses_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MedianOfMeans(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrimmedMeanOfMeans(4, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrimmedMeanOfMeans(4, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MeanOfMeans(0));
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(2));
        Assert.Contains("shape [2]", Assert.Throws<ArgumentException>(() => new MeanOfMeans(1).Backward([weight], _ => weight * 2)).Message, StringComparison.Ordinal);
    }

    private static void AssertCoordinates(double[][] gradients, MicroBatchGradients rule, Func<double[], double> ofSorted)
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(zeros(gradients[0].Length, ScalarType.Float64));
        rule.Backward([weight], i => (weight * tensor(gradients[i])).sum());
        double[] actual = [.. weight.grad!.data<double>()];
        for (int j = 0; j < actual.Length; j++)
        {
            double expected = ofSorted([.. gradients.Select(g => g[j]).Order()]);
            Assert.Equal(expected, actual[j], 1e-12 * Math.Max(1, Math.Abs(expected)));
        }
    }
}
