using CsCheck;
using Presage.Gradients;
using Presage.Norms;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class NormalizedLossTests
{
    [Fact]
    public void The_excess_over_ln_K_is_right_to_twelve_digits_at_every_scale() =>
        Gen.Select(Gen.Int[-1000, 1000].Array[5], Gen.Int[0, 4], Gen.Int[0, 13]).Sample((thousandths, label, digits) =>
        {
            using var scope = NewDisposeScope();
            decimal[] logits = [.. thousandths.Select(t => t / 2000m)];
            Tensor outputs = tensor(logits.Select(l => (double)l).ToArray()).reshape(1, 5);
            decimal unit = 1;
            for (int i = 0; i < digits; i++)
            {
                unit /= 10;
            }

            decimal expected = Excess([.. logits.Select(l => l * unit)], label);
            NormalizedLoss loss = NormalizedLoss.CrossEntropy(outputs, tensor([(long)label]), digits * Math.Log(10));
            Assert.Equal((double)expected, loss.Excess, 1e-12 * Math.Pow(10, -digits));
            Assert.Equal(Math.Log(5) + (double)expected, loss.Mean, 1e-14);
        });

    [Fact]
    public void Differences_of_1e_9_of_an_excess_survive_where_ln_K_swallows_them()
    {
        using var scope = NewDisposeScope();
        Tensor label = tensor([0L]);
        double Excess(double logit) => NormalizedLoss.CrossEntropy(tensor(new[] { logit, 0.5, -0.25 }).reshape(1, 3), label, Math.Log(1e12)).Excess;
        double difference = Excess(1) - Excess(1 + 1e-9);
        Assert.Equal(2.0 / 3 * 1e-9 * 1e-12, difference, 1e-26);
        Assert.NotEqual(0, difference);
    }

    [Fact]
    public void The_loss_at_scale_R_is_the_cross_entropy_of_R_times_outputs_over_rho() =>
        Gen.Select(Gen.Double[-4, 4].Array[12], Gen.Int[0, 2].Array[4], Gen.Double[0.01, 50], Gen.Double[0.1, 100]).Sample((values, classes, scale, norm) =>
        {
            using var scope = NewDisposeScope();
            Tensor outputs = tensor(values).reshape(4, 3);
            Tensor labels = tensor(classes.Select(c => (long)c).ToArray());
            double direct = nn.functional.cross_entropy(outputs * (scale / norm), labels, reduction: nn.Reduction.Sum).item<double>();
            NormalizedLoss loss = NormalizedLoss.CrossEntropy(outputs, labels, Math.Log(norm), scale);
            Assert.Equal(direct, loss.Sum, 1e-9 * Math.Max(1, direct));
            Assert.Equal(direct - (4 * Math.Log(3)), loss.ExcessSum, 1e-9 * Math.Max(1, direct));
            NormalizedLoss halves = NormalizedLoss.CrossEntropy(outputs[..1], labels[..1], Math.Log(norm), scale)
                .Add(NormalizedLoss.CrossEntropy(outputs[1..], labels[1..], Math.Log(norm), scale));
            Assert.Equal(loss.Sum, halves.Sum, 1e-9 * Math.Max(1, direct));
            Assert.Equal((4, 3), (halves.Examples, halves.Classes));
        });

    [Fact]
    public void Small_losses_of_confident_answers_keep_their_digits()
    {
        using var scope = NewDisposeScope();
        Tensor outputs = tensor(new[] { 60.0, 0, 0 }).reshape(1, 3);
        Assert.Equal(2 * Math.Exp(-60), NormalizedLoss.CrossEntropy(outputs, tensor([0L]), 0).Sum, 1e-38);
        Assert.Equal(Math.Exp(-60), NormalizedLoss.Logistic(tensor(new[] { 60.0 }), tensor(new[] { 1.0 }), 0).Sum, 1e-38);
        Assert.Equal(1e6, NormalizedLoss.CrossEntropy(outputs * 1e6 / 60, tensor([1L]), 0).Sum, 1e-6);
    }

    [Fact]
    public void Logistic_loss_is_the_cross_entropy_of_two_classes() =>
        Gen.Select(Gen.Double[-9, 9].Array[6], Gen.Bool.Array[6], Gen.Double[0, 30]).Sample((values, positive, log) =>
        {
            using var scope = NewDisposeScope();
            Tensor f = tensor(values);
            Tensor signs = tensor(positive.Select(p => p ? 1.0 : -1).ToArray());
            Tensor labels = tensor(positive.Select(p => p ? 1L : 0).ToArray());
            NormalizedLoss logistic = NormalizedLoss.Logistic(f.reshape(6, 1), signs, log, 2);
            foreach (Tensor two in new[] { stack([zeros_like(f), f], 1), stack([f * -0.5, f * 0.5], 1) })
            {
                NormalizedLoss entropy = NormalizedLoss.CrossEntropy(two, labels, log, 2);
                Assert.Equal(entropy.Sum, logistic.Sum, 1e-13 * Math.Max(1, entropy.Sum));
                Assert.Equal(entropy.ExcessSum, logistic.ExcessSum, 1e-13 * Math.Exp(-log) * 100);
            }

            Assert.Equal(2, logistic.Classes);
        });

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => NormalizedLoss.CrossEntropy(zeros(2, 3), tensor([0L, 3L]), 0));
        Assert.Throws<ArgumentException>(() => NormalizedLoss.CrossEntropy(zeros(2, 3), tensor([0L]), 0));
        Assert.Throws<ArgumentException>(() => NormalizedLoss.CrossEntropy(zeros(2, 1), tensor([0L, 0L]), 0));
        Assert.Throws<ArgumentException>(() => NormalizedLoss.CrossEntropy(zeros(2, 3), tensor([0L, 1L]), 0, -1));
        Assert.Throws<ArgumentException>(() => NormalizedLoss.Logistic(zeros(2), tensor([0L, 1L]), 0));
        Assert.Throws<ArgumentException>(() => NormalizedLoss.CrossEntropy(zeros(1, 3), tensor([0L]), 0).Add(NormalizedLoss.CrossEntropy(zeros(1, 4), tensor([0L]), 0)));
    }

    [Fact]
    public void Margins_are_the_right_output_minus_the_largest_other()
    {
        using var scope = NewDisposeScope();
        Tensor outputs = tensor(new double[] { 3, 1, 2, 0, 5, 5, -1, 4, 2 }).reshape(3, 3);
        var margins = Margins.Of(outputs, tensor([0L, 1L, 2L]));
        Assert.Equal([1, 0, -2], margins.Values);
        Assert.Equal(2, margins.NonPositive);
        Assert.Equal(-2, margins.Least);
        Assert.Equal([-2, -1, 0, 0.5, 1], margins.Quantiles(0, 0.25, 0.5, 0.75, 1));
        Assert.Equal([0.25, 0, -0.5], margins.NormalizedBy(Math.Log(4)).Values.Select(v => Math.Round(v, 12)));
        Assert.Equal([2, -3], Margins.OfSigns(tensor(new double[] { 2, 3 }), tensor([1L, -1L])).Values);
        Assert.Throws<ArgumentOutOfRangeException>(() => margins.Quantile(1.1));
        Assert.Throws<ArgumentException>(() => Margins.OfSigns(tensor(new double[] { 2, 3 }), tensor([1L, 0L])));
    }

    // ln(mean e^z) − z_y by series in decimal, to about 25 digits; logits up to a half.
    private static decimal Excess(decimal[] logits, int label)
    {
        decimal mean = logits.Select(z => ExpMinusOne(z)).Sum() / logits.Length;

        // ln(1 + m) = 2 artanh(m/(2 + m)).
        decimal t = mean / (2 + mean);
        decimal power = t;
        decimal log = 0;
        for (int k = 1; k < 60; k += 2)
        {
            log += 2 * power / k;
            power *= t * t;
        }

        return log - logits[label];
    }

    private static decimal ExpMinusOne(decimal z)
    {
        decimal term = z;
        decimal sum = 0;
        for (int k = 2; k < 30; k++)
        {
            sum += term;
            term *= z / k;
        }

        return sum;
    }
}
