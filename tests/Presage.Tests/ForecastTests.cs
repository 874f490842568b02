using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Gradients;
using Presage.Kernels;
using Presage.Measures;
using Presage.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class ForecastTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Leave_one_out_in_closed_form_is_leaving_one_out()
    {
        using var generator = new Generator(3);
        Tensor features = randn(9, 4, dtype: ScalarType.Float64, generator: generator);
        Tensor kernel = features.mm(features.t());
        Tensor targets = randn(9, 2, dtype: ScalarType.Float64, generator: generator);
        double[] found = KernelRegression.LeaveOneOut(kernel, targets, 0.3).ToDoubles();
        for (int n = 0; n < 9; n++)
        {
            Tensor rest = tensor([.. Enumerable.Range(0, 9).Where(i => i != n).Select(i => (long)i)]);
            Tensor inner = kernel.index_select(0, rest).index_select(1, rest) + (eye(8, dtype: ScalarType.Float64) * 0.3);
            Tensor predicted = kernel[n].index_select(0, rest).unsqueeze(0).mm(linalg.solve(inner, targets.index_select(0, rest)));
            Assert.Equal(predicted.ToDoubles()[0], found[2 * n], 1e-10);
            Assert.Equal(predicted.ToDoubles()[1], found[(2 * n) + 1], 1e-10);
        }
    }

    [Fact]
    public void A_kernel_with_rounded_eigenvalues_below_0_gives_numbers()
    {
        Tensor ones = ones_like(zeros(6, 6, dtype: ScalarType.Float64)) - (eye(6, dtype: ScalarType.Float64) * 1e-12);
        Assert.All(KernelRegression.LeaveOneOut(ones, eye(6, 2, dtype: ScalarType.Float64), 1e-4).ToDoubles(), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Tensor square = eye(3, dtype: ScalarType.Float64);
        Assert.Throws<ArgumentException>(() => KernelRegression.LeaveOneOut(zeros(3, 2), zeros(3, 1), 1));
        Assert.Throws<ArgumentException>(() => KernelRegression.LeaveOneOut(square, zeros(4, 1), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => KernelRegression.LeaveOneOut(square, zeros(3, 1), 0));
        Assert.Throws<NumericalException>(() => KernelRegression.LeaveOneOut(square * double.NaN, zeros(3, 1), 1));
        Assert.Throws<ArgumentException>(() => GeneralizationForecast.LeaveOneOutAccuracy(square, tensor([0L, 0L, 0L])));
        Assert.Throws<NumericalException>(() => GeneralizationForecast.LeaveOneOutAccuracy(zeros(3, 3), tensor([0L, 1L, 0L])));
    }

    [Fact]
    public void The_kernel_of_summed_outputs_is_that_of_gradients_one_by_one()
    {
        var model = Networks.Mlp([6], [5], 3, 4);
        Tensor inputs = NormSamples.Normal(5, 4, 6);
        var kernel = EmpiricalKernel.OfSummedOutputs(model, inputs, null, TestContext.Current.CancellationToken);
        Tensor[] gradients = [.. Enumerable.Range(0, 4).Select(n => cat([.. autograd.grad([model.call(inputs[n..(n + 1)]).sum()], [.. model.parameters()]).Select(each => each.flatten())]))];
        for (int n = 0; n < 4; n++)
        {
            for (int m = 0; m < 4; m++)
            {
                Assert.Equal(gradients[n].dot(gradients[m]).item<float>(), kernel[n, m], 1e-4);
            }
        }
    }

    [Fact]
    public void The_kernel_of_outputs_is_the_mean_over_them()
    {
        var model = Networks.Mlp([6], [5], 3, 4);
        Tensor inputs = NormSamples.Normal(5, 4, 6);
        var kernel = EmpiricalKernel.OfOutputs(model, inputs, null, TestContext.Current.CancellationToken);
        Tensor Gradient(int n, int k) => cat([.. autograd.grad([model.call(inputs[n..(n + 1)])[0, k]], [.. model.parameters()]).Select(each => each.flatten())]);
        Assert.Equal(Enumerable.Range(0, 3).Average(k => Gradient(1, k).dot(Gradient(2, k)).item<float>()), kernel[1, 2], 1e-4);
        Assert.Equal(Enumerable.Range(0, 3).Average(k => Gradient(3, k).square().sum().item<float>()), kernel[3, 3], 1e-3);
    }

    [Fact]
    public void What_can_be_learnt_is_foretold_and_what_cannot_is_not()
    {
        var (inputs, labels) = Bands(150, 3);
        GeneralizationForecast real = Foretold(labels);
        Assert.True(real.Accuracy > 0.9, $"{real.Accuracy}");
        Assert.Equal((2, 150), (real.Initializations.Count, real.Examples));
        Assert.InRange(real.Accuracy, real.Interval.Low, real.Interval.High);
        using var generator = new Generator(8);
        GeneralizationForecast random = Foretold(randint(0, 3, [150], dtype: ScalarType.Int64, generator: generator));
        Assert.InRange(random.Accuracy, 0.2, 0.47);
        Assert.True(NearestNeighbours.LeaveOneOut(inputs, labels).Accuracy > 0.9);

        GeneralizationForecast Foretold(Tensor of) =>
            GeneralizationForecast.Of(i => Networks.Mlp([1, 16, 16], [16], 3, i), 2, inputs, of, null, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0.25, 80, 0.168062, 0.354847)]
    [InlineData(1, 3, 0.438503, 1)]
    [InlineData(0, 3, 0, 0.561497)]
    public void The_interval_of_a_share_is_Wilsons(double share, int count, double low, double high)
    {
        // The ends are the p for which the share found is 1.96 of p's own standard errors away.
        var interval = Interval.OfShare(share, count);
        Assert.Equal(low, interval.Low, 1e-5);
        Assert.Equal(high, interval.High, 1e-5);
        foreach (double end in new[] { interval.Low, interval.High }.Where(each => each is > 1e-9 and < 1 - 1e-9))
        {
            Assert.Equal(1.959963984540054, Math.Abs(share - end) / Math.Sqrt(end * (1 - end) / count), 1e-9);
        }
    }

    [Fact]
    public void Forecasts_hold_where_they_are_near_and_not_where_they_are_off_or_no_better_than_neighbours()
    {
        Assert.Empty(Broken((reached, _) => (reached + 0.01, 0.05, reached - 0.1)));
        Assert.Equal(["error", "interval"], Broken((reached, _) => (reached + 0.1, 0.05, reached - 0.2)));
        Assert.Equal(["adds", "adds-width"], Broken((reached, _) => (reached + 0.02, 0.05, reached - 0.01)));
        Assert.Equal(["ranks", "error", "adds", "adds-width", "interval"], Broken((reached, _) => (1 - reached, 0.05, reached)));
        Assert.Equal(["interval"], Broken((reached, _) => (reached + 0.03, 0.01, reached - 0.1)));

        static IEnumerable<string> Broken(Func<double, int, (double Forecast, double Half, double Nearest)> of)
        {
            var figure = new ForecastReproduction();
            int settings = figure.Settings(Scale.Quick).Count;
            return figure.Judge(Scale.Quick, [.. Enumerable.Range(0, settings).Select(i => 0.2 + (0.7 * i / settings)).Select((reached, i) => of(reached, i) is var made
                ? JsonSerializer.Serialize(new ForecastRun(made.Forecast, made.Forecast - made.Half, made.Forecast + made.Half, 0.1, made.Nearest, 1, made.Nearest, reached, 0, 1), Reproduction.Json)
                : "")]).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id);
        }
    }

    [Fact]
    public void A_trained_network_is_refused()
    {
        var (inputs, labels) = Bands(60, 3);
        var model = Networks.Mlp([1, 16, 16], [16], 3, 1);
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        for (int step = 0; step < 60; step++)
        {
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(inputs), labels).backward();
            optimizer.step();
        }

        var error = Assert.Throws<ArgumentException>(() => GeneralizationForecast.LeaveOneOutAccuracy(model, inputs, labels, TestContext.Current.CancellationToken));
        Assert.Contains("has been trained", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nearest_neighbour_wins_a_tie()
    {
        Tensor inputs = tensor([0f, 1f, 1.5f, 10f, 11f, 11.5f], [6, 1]);
        var (accuracy, neighbours) = NearestNeighbours.LeaveOneOut(inputs, tensor([0L, 0L, 0L, 1L, 1L, 1L]));
        Assert.Equal((1.0, 1), (accuracy, neighbours));
        Assert.Equal(0, NearestNeighbours.LeaveOneOut(tensor([0f, 1f], [2, 1]), tensor([0L, 1L])).Accuracy);
    }

    private static (Tensor Inputs, Tensor Labels) Bands(int count, int classes)
    {
        var examples = Data.Standardize.ByTrainingPart(MadeUpImages.Of(count, classes, 4).Train, MadeUpImages.Of(count, classes, 4).Test).Train;
        return (tensor(examples.Inputs, [count, 1, 16, 16]), tensor([.. examples.Labels!.Select(label => (long)label)]));
    }
}
