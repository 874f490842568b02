using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static Presage.Tests.GradientSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public sealed class CarryOverTests : IDisposable
{
    private const ScalarType Double = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Carry_over_measured_is_the_ratio_of_the_loss_decreases_of_an_actual_small_step(bool batchNormalized)
    {
        Module<Tensor, Tensor> model = Network(batchNormalized);
        var (x, y) = Classification(12, [4], 3, 5);
        var (testX, testY) = Classification(20, [4], 3, 6);
        var probe = new GradientProbe(model, new ProbeOptions(MiniBatch: 4));
        GradientStatistics statistics = probe.Measure(x, y, Losses.CrossEntropy);
        Assert.Equal(batchNormalized, statistics.IsImputed);
        CarryOverMeasure measure = TestCarryOver.Measure(probe, statistics, testX, testY, Losses.CrossEntropy)!;
        Assert.Equal(20, measure.TestExamples);

        // The ratio is that of a step of size 0 plus something of its order, which two steps take out.
        double limit = 2 * RatioOfAStep(0.5e-4) - RatioOfAStep(1e-4);
        Assert.Equal(limit, measure.Measured, 1e-6 * Math.Abs(limit));
        Assert.NotEqual(1, measure.Measured, 0.05);

        double RatioOfAStep(double size)
        {
            using var scope = NewDisposeScope();
            (double Train, double Test) before = MeanLosses();
            Tensor[] parameters = [.. model.parameters()];
            Tensor[] step = [.. autograd.grad([MeanLoss(x, y)], parameters).Select(g => g * size)];
            Move(-1);
            (double Train, double Test) after = MeanLosses();
            Move(1);
            return (before.Test - after.Test) / (before.Train - after.Train);

            void Move(double sign)
            {
                using var grad = no_grad();
                foreach (var (parameter, by) in parameters.Zip(step))
                {
                    parameter.add_(by * sign);
                }
            }
        }

        (double Train, double Test) MeanLosses() => (MeanLoss(x, y).item<double>(), MeanLoss(testX, testY).item<double>());

        // In mini-batches of four: with batch normalization an example's loss depends on its company.
        Tensor MeanLoss(Tensor inputs, Tensor labels) => stack(
            [.. Enumerable.Range(0, (int)inputs.shape[0] / 4).Select(i => functional.cross_entropy(model.call(inputs[(4 * i)..(4 * i + 4)]), labels[(4 * i)..(4 * i + 4)]))]).mean();
    }

    [Fact]
    public void Carry_over_measured_on_the_probe_itself_is_one()
    {
        Coherent.Sample(gradients =>
        {
            GradientStatistics statistics = Statistics(gradients, split: 1);
            CarryOverMeasure measure = CarryOver.Of(statistics, Own(statistics))!;
            Assert.Equal((1, gradients.Length), (Math.Round(measure.Measured, 9), measure.TestExamples));
        });

        foreach (bool batchNormalized in new[] { false, true })
        {
            var (x, y) = Classification(12, [4], 3, 5);
            var probe = new GradientProbe(Network(batchNormalized));
            Assert.Equal(1, TestCarryOver.Measure(probe, probe.Measure(x, y, Losses.CrossEntropy), x, y, Losses.CrossEntropy)!.Measured, 1e-12);
        }
    }

    [Fact]
    public void Carry_over_predicted_is_what_each_example_gets_of_a_step_on_the_others_and_equation_19_with_n_equal_to_m() => Coherent.Sample(gradients =>
    {
        double m = gradients.Length;
        double[] mean = [.. gradients[0].Select((_, j) => gradients.Average(g => g[j]))];
        double others = gradients.Average(g => Dot(g, [.. mean.Select((v, j) => (m * v - g[j]) / (m - 1))]));
        GradientStatistics statistics = Statistics(gradients);
        CarryOverMeasure measure = CarryOver.Of(statistics, Own(statistics))!;
        Assert.Equal(others / Dot(mean, mean), measure.Predicted, 1e-9);
        OsgrMeasure osgr = OneStepGeneralization.Of(statistics, gradients.Length);
        Assert.Equal((osgr.Debiased, osgr.Ci95), (measure.Predicted, measure.PredictedCi95));
    });

    [Fact]
    public void Examples_of_one_distribution_get_on_average_what_is_predicted()
    {
        double[] means = [.. Enumerable.Range(0, 40).Select(j => j % 4 == 0 ? 0.4 : 0.0)];
        double predicted = 0, measured = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            GradientStatistics statistics = Statistics(Gaussian(30, means, 1, seed));
            CarryOverMeasure measure = CarryOver.Of(statistics, Products(Gaussian(30, means, 1, 1000 + seed), statistics))!;
            double squaredMean = statistics.Layers[0].Parameters[0].Sum.Sum(s => s * s);
            predicted += measure.Predicted * squaredMean;
            measured += measure.Measured * squaredMean;
        }

        Assert.Equal(1, measured / predicted, 0.05);
    }

    [Fact]
    public void The_interval_holds_what_a_given_step_carries_over_about_95_times_in_100()
    {
        double[] means = [.. Enumerable.Range(0, 30).Select(j => j % 3 == 0 ? 0.3 : 0.0)];
        GradientStatistics statistics = Statistics(Gaussian(50, means, 1, 5000));
        double[] sum = statistics.Layers[0].Parameters[0].Sum;
        double expected = 50 * Dot(means, sum) / Dot(sum, sum);
        int held = Enumerable.Range(0, 400).Count(seed =>
            CarryOver.Of(statistics, Products(Gaussian(100, means, 1, seed), statistics))!.MeasuredCi95 is { } ci && ci.Low <= expected && expected <= ci.High);
        Assert.InRange(held / 400.0, 0.92, 0.98);
    }

    [Fact]
    public void Four_test_gradients_worked_by_hand()
    {
        // Σg = (4, 0), m = 2, ‖Σg‖² = 16: shares 2·⟨g', Σg⟩/16 are 1, −1, 2 and 0.
        GradientStatistics statistics = Statistics([[3, 1], [1, -1]]);
        CarryOverMeasure measure = CarryOver.Of(statistics, Products([[2, 7], [-2, 0], [4, 1], [0, 5]], statistics))!;
        double error = 1.959963984540054 * Math.Sqrt(5.0 / 3 / 4);
        Assert.Equal((0.5, null, 0.5, 4), (measure.Predicted, measure.PredictedCi95, measure.Measured, measure.TestExamples));
        Assert.Equal(0.5 - error, measure.MeasuredCi95!.Value.Low, 12);
        Assert.Equal(0.5 + error, measure.MeasuredCi95!.Value.High, 12);
    }

    [Fact]
    public void Test_gradients_that_oppose_the_step_or_are_larger_take_the_measured_value_below_0_and_above_1()
    {
        GradientStatistics statistics = Statistics([[3, 1], [1, -1]]);
        Assert.Equal((-1, 3), (CarryOver.Of(statistics, Products([[-2, 0]], statistics))!.Measured, CarryOver.Of(statistics, Products([[6, 0]], statistics))!.Measured));
        Assert.Null(CarryOver.Of(statistics, Products([[6, 0], [5, 0]], statistics))!.MeasuredCi95);
    }

    [Fact]
    public void Scaling_the_loss_by_a_positive_factor_changes_nothing() =>
        Gen.Select(Coherent, Gen.Double[-6, 6]).Sample((gradients, exponent) =>
        {
            double scale = Math.Pow(10, exponent);
            double[][] test = [.. gradients.Select(g => g.Select((v, j) => v - j).ToArray())];
            CarryOverMeasure expected = Of(gradients, test);
            CarryOverMeasure actual = Of(Scaled(gradients, scale), Scaled(test, scale));
            double tolerance = 1e-9 * (1 + test.Max(t => Math.Sqrt(Dot(t, t))));
            Assert.Equal(expected.Predicted, actual.Predicted, tolerance);
            Assert.Equal(expected.Measured, actual.Measured, tolerance);
            Assert.Equal(expected.MeasuredCi95!.Value.Low, actual.MeasuredCi95!.Value.Low, tolerance);
            Assert.Equal(expected.PredictedCi95!.Value.High, actual.PredictedCi95!.Value.High, tolerance);

            static CarryOverMeasure Of(double[][] own, double[][] others) => CarryOver.Of(Statistics(own, 1), Products(others, Statistics(own, 1)))!;
        });

    [Fact]
    public void Without_a_step_there_is_no_carry_over()
    {
        Assert.Null(Of([[1, 2]]));
        Assert.Null(Of([[0, 0], [0, 0]]));
        Assert.Null(Of([[1, 2], [-1, -2]]));
        Assert.Null(Of([[0.1, 0.2], [0.2, 0.1], [-0.3, -0.3 + 1e-16]]));
        Assert.Null(CarryOver.Of(Statistics([[1, 2], [2, 1]]), [[double.PositiveInfinity, 1]]));
        Assert.Null(Of([[1e200, 2], [2e200, 1]]));

        static CarryOverMeasure? Of(double[][] gradients) => CarryOver.Of(Statistics(gradients), [[1, 2, 3]]);
    }

    [Fact]
    public void Inner_products_of_other_layers_or_of_no_test_gradients_are_refused()
    {
        GradientStatistics statistics = Statistics([[1, 2], [2, 1]], split: 1);
        Assert.Contains("2 layers, but got 1", Refused([[1, 2]]), StringComparison.Ordinal);
        Assert.Contains("got 2, 1", Refused([[1, 2], [1]]), StringComparison.Ordinal);
        Assert.Contains("got 0, 0", Refused([[], []]), StringComparison.Ordinal);

        string Refused(double[][] products) => Assert.Throws<ArgumentException>(() => CarryOver.Of(statistics, products)).Message;
    }

    [Fact]
    public void The_first_500_test_examples_are_taken_and_one_of_them_that_is_not_finite_leaves_none()
    {
        Module<Tensor, Tensor> model = Network(batchNormalized: false);
        var (x, y) = Classification(12, [4], 3, 5);
        var (testX, testY) = Classification(600, [4], 3, 6);
        var probe = new GradientProbe(model);
        GradientStatistics statistics = probe.Measure(x, y, Losses.CrossEntropy);
        CarryOverMeasure all = Measure()!;
        Assert.Equal(500, all.TestExamples);
        Assert.Equal(CarryOver.Of(statistics, probe.InnerProducts(testX[..500], testY[..500], Losses.CrossEntropy, statistics)), all);
        testX[500] = double.PositiveInfinity;
        Assert.Equal(all, Measure());
        testX[499] = double.PositiveInfinity;
        Assert.Null(Measure());

        CarryOverMeasure? Measure() => TestCarryOver.Measure(probe, statistics, testX, testY, Losses.CrossEntropy);
    }

    [Fact]
    public void Too_few_test_examples_for_two_mini_batches_have_no_carry_over()
    {
        var (x, y) = Classification(12, [4], 3, 5);
        var probe = new GradientProbe(Network(batchNormalized: true), new ProbeOptions(MiniBatch: 4));
        GradientStatistics statistics = probe.Measure(x, y, Losses.CrossEntropy);
        Assert.Null(TestCarryOver.Measure(probe, statistics, x[..7], y[..7], Losses.CrossEntropy));
        Assert.Equal(8, TestCarryOver.Measure(probe, statistics, x[..9], y[..9], Losses.CrossEntropy)!.TestExamples);
    }

    private static Module<Tensor, Tensor> Network(bool batchNormalized) => Randomize(
        Sequential(
            ("fc", Linear(4, 5, dtype: Double)),
            ("norm", batchNormalized ? BatchNorm1d(5, dtype: Double) : Identity()),
            ("tanh", Tanh()),
            ("out", Linear(5, 3, dtype: Double))),
        2);

    private static double[][] Own(GradientStatistics statistics) => [.. statistics.Layers.Select(l => l.InnerProducts!)];

    // ⟨g', Σg⟩ a layer, of gradients that are cut into layers as the statistics are.
    private static double[][] Products(double[][] gradients, GradientStatistics statistics)
    {
        int start = 0;
        return [.. statistics.Layers.Select(layer =>
        {
            double[] sum = layer.Parameters[0].Sum;
            Range own = start..(start += sum.Length);
            return gradients.Select(g => Dot(g[own], sum)).ToArray();
        })];
    }
}
