using Presage.Examples;
using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Running sums against an oracle that keeps every output.</summary>
public sealed class ExampleRecorderTests : IDisposable
{
    private const int Examples = 23;
    private const int Classes = 4;
    private const int Epochs = 17;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(3);

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Records_are_what_all_outputs_kept_would_give()
    {
        int[] labels = [.. Enumerable.Range(0, Examples).Select(n => n % Classes)];
        var all = new List<double[]>[Examples];
        var recorder = new ExampleRecorder();
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            foreach (int[] batch in Enumerable.Range(0, Examples).OrderBy(n => n * 7 % Examples).Chunk(5))
            {
                using Tensor outputs = randn([batch.Length, Classes], dtype: ScalarType.Float64, generator: _generator) * (1 + epoch);
                outputs.requires_grad = true;
                recorder.Observe(batch, outputs, tensor([.. batch.Select(n => (long)labels[n])]));
                double[] scores = [.. outputs.detach().reshape(-1).data<double>()];
                for (int b = 0; b < batch.Length; b++)
                {
                    (all[batch[b]] ??= []).Add(scores[(b * Classes)..((b + 1) * Classes)]);
                }
            }
        }

        IReadOnlyList<ExampleRecord> records = recorder.ToRecords();
        Assert.Equal(Enumerable.Range(0, Examples), records.Select(record => record.Index));
        Assert.All(records, record => AssertIs(record, labels[record.Index], all[record.Index]));
        Assert.Contains(records, record => record.TimesForgotten > 1);
        Assert.Contains(records, record => record.Learned is not null && record.Learned != record.FirstRight);
    }

    [Fact]
    public void Norm_and_agreement_are_those_of_the_gradients_taken_one_by_one()
    {
        var model = GradientOracle.Randomize(nn.Sequential(("a", nn.Linear(3, 5)), ("b", nn.Linear(5, Classes))), 4);
        model.to(ScalarType.Float64);
        using Tensor inputs = randn([Examples, 3], dtype: ScalarType.Float64, generator: _generator);
        using Tensor labels = arange(Examples) % Classes;
        int[] indices = [.. Enumerable.Range(0, Examples).Reverse()];
        var recorder = new ExampleRecorder(Examples);
        recorder.Observe(indices, model.call(inputs), labels);
        recorder.ObserveGradients(indices, new GradientProbe(model).Measure(inputs, labels, Losses.CrossEntropy));
        Tensor gradients = stack([.. Enumerable.Range(0, Examples).Select(n => GradientOf(model, inputs[n..(n + 1)], labels[n..(n + 1)]))]);
        foreach (ExampleRecord record in recorder.ToRecords())
        {
            int n = Examples - 1 - record.Index;
            Tensor own = gradients[n];
            Tensor others = gradients.sum(dim: 0) - own;
            Assert.Equal(own.norm().item<double>(), record.Gradients!.LastNorm, 1e-9);
            Assert.Equal(
                (own.dot(others) / (own.norm() * others.norm())).item<double>(), record.Gradients.MeanAgreement!.Value, 1e-9);
        }

        recorder.ObserveGradients([0], new GradientProbe(model).Measure(inputs[..1], labels[..1], Losses.CrossEntropy));
        ExampleRecord first = recorder.ToRecords()[0];
        Assert.Equal(2, first.Gradients!.Epochs);
        Assert.Equal(
            (gradients[Examples - 1].norm() + gradients[0].norm()).item<double>() / 2, first.Gradients.MeanNorm, 1e-9);
    }

    [Theory]
    [InlineData(-1, 0L, Classes, "number from 0")]
    [InlineData(3, 0L, Classes, "number from 0 to 2")]
    [InlineData(2, 9L, Classes, "in 0..3")]
    [InlineData(1, 2L, Classes, "1, as before")]
    [InlineData(0, 0L, 3, "4 classes, as before")]
    public void What_does_not_fit_is_refused_and_changes_nothing(int index, long label, int classes, string expected)
    {
        var recorder = new ExampleRecorder(3);
        recorder.Observe([0, 1], zeros(2, Classes), tensor([0L, 1L]));
        Assert.Contains(
            expected,
            Assert.Throws<ArgumentException>(() => recorder.Observe([index], zeros(1, classes), tensor([label]))).Message,
            StringComparison.Ordinal);
        Assert.All(recorder.ToRecords(), record => Assert.Equal(1, record.Epochs));
    }

    [Fact]
    public void Outputs_that_are_not_finite_are_a_numerical_failure()
    {
        var recorder = new ExampleRecorder();
        Assert.Throws<NumericalException>(() => recorder.Observe([0], full([1, Classes], double.NaN), tensor([0L])));
        Assert.Empty(recorder.ToRecords());
    }

    private static Tensor GradientOf(Sequential model, Tensor input, Tensor label)
    {
        using Tensor loss = Losses.CrossEntropy(model.call(input), label).sum();
        return cat([.. autograd.grad([loss], [.. model.parameters()]).Select(g => g.reshape(-1))]);
    }

    private static void AssertIs(ExampleRecord record, int label, List<double[]> outputs)
    {
        double[] margins = [.. outputs.Select(z => z[label] - z.Where((_, k) => k != label).Max())];
        double[][] p = [.. outputs.Select(z => z.Select(each => Math.Exp(each) / z.Sum(Math.Exp)).ToArray())];
        bool[] right = [.. margins.Select(margin => margin > 0)];
        Assert.Equal((label, Epochs), (record.Label, record.Epochs));
        Assert.Equal(margins.Average(), record.MeanMargin, 1e-10);
        Assert.Equal(margins[^1], record.LastMargin, 1e-10);
        Assert.Equal(p.Average(each => each[label]), record.MeanProbability, 1e-10);
        Assert.Equal(p.Average(each => -Math.Log(each[label])), record.MeanLoss, 1e-9);
        Assert.Equal(-Math.Log(p[^1][label]), record.LastLoss, 1e-9);
        Assert.Equal(p[^1][label], record.LastProbability, 1e-10);
        Assert.Equal((right.Count(each => each), right[^1]), (record.TimesRight, record.IsRight));
        Assert.Equal(right.Contains(true) ? Array.IndexOf(right, true) + 1 : null, record.FirstRight);
        Assert.Equal(right[^1] ? Array.LastIndexOf(right, false) + 2 : null, record.Learned);
        Assert.Equal(Enumerable.Range(1, Epochs - 1).Count(e => right[e - 1] && !right[e]), record.TimesForgotten);
        for (int k = 0; k < Classes; k++)
        {
            Assert.Equal(p.Average(each => each[k]), record.ClassProbabilities[k], 1e-10);
        }

        Assert.Equal(record.ClassProbabilities.Max(), record.ClassProbabilities[record.Prediction], 1e-12);
        Assert.Null(record.Gradients);
    }
}
