using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class CurvatureTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_a_linear_model_it_is_twice_the_largest_eigenvalue_of_the_inputs_second_moment()
    {
        var model = nn.Linear(3, 1, hasBias: false, dtype: ScalarType.Float64);
        Tensor x = randn([40, 3], ScalarType.Float64, generator: new Generator(1)) * tensor(new[] { 1.0, 2.0, 4.0 });
        double expected = linalg.eigvalsh(x.t().matmul(x) * (2.0 / 40)).max().item<double>();
        double actual = Curvature.Estimate(model, x, randn([40, 1], ScalarType.Float64, generator: new Generator(2)), Losses.SquaredError, 60);
        Assert.Equal(expected, actual, 1e-6 * expected);
        Assert.InRange(Curvature.Estimate(model, x, zeros([40, 1], ScalarType.Float64), Losses.SquaredError, 2), 0, expected * (1 + 1e-12));
    }

    [Fact]
    public void Of_a_network_it_is_the_spectral_norm_of_the_Hessian_of_differences()
    {
        var model = Randomize(nn.Sequential(("a", nn.Linear(2, 3, dtype: ScalarType.Float64)), ("tanh", nn.Tanh()), ("b", nn.Linear(3, 3, dtype: ScalarType.Float64))), 4);
        var (x, y) = Classification(12, [2], 3, 5);
        Tensor[] parameters = [.. model.parameters()];
        var rows = new List<Tensor>();
        foreach (Tensor parameter in parameters)
        {
            for (long j = 0; j < parameter.numel(); j++)
            {
                rows.Add((Shifted(parameter, j, 1e-5) - Shifted(parameter, j, -1e-5)) / 2e-5);
            }
        }

        double expected = linalg.eigvalsh((stack(rows) + stack(rows).t()) / 2).abs().max().item<double>();
        Assert.Equal(expected, Curvature.Estimate(model, x, y, Losses.CrossEntropy, 200), 1e-4 * expected);

        Tensor Shifted(Tensor parameter, long j, double by)
        {
            using (no_grad())
            {
                parameter.view(-1)[j] += by;
            }

            Tensor gradient = cat([.. autograd.grad([Losses.CrossEntropy(model.call(x), y).mean()], parameters).Select(g => g.flatten())]);
            using (no_grad())
            {
                parameter.view(-1)[j] -= by;
            }

            return gradient;
        }
    }

    [Fact]
    public void A_loss_without_curvature_has_none_and_nothing_is_left_behind()
    {
        var model = nn.Linear(3, 1);
        Tensor x = ones([4, 3]);
        Assert.Equal(0, Curvature.Estimate(model, x, x, (outputs, _) => outputs.squeeze(1)));
        var network = Randomize(nn.Sequential(("a", nn.Linear(3, 4)), ("norm", nn.BatchNorm1d(4)), ("relu", nn.ReLU()), ("b", nn.Linear(4, 2))), 1);
        Tensor labels = zeros([4], ScalarType.Int64);
        Tensor mean = ((TorchSharp.Modules.BatchNorm1d)network.named_modules().First(m => m.name is "norm").module).running_mean!.clone();
        long live = LeakTests.LiveTensors();
        for (int i = 0; i < 20; i++)
        {
            using Tensor shifted = x + i;
            Assert.True(Curvature.Estimate(network, shifted, labels, Losses.CrossEntropy) >= 0);
        }

        Assert.Equal(live, Tensor.TotalCount);
        Assert.Equal(mean.ToDoubles(), ((TorchSharp.Modules.BatchNorm1d)network.named_modules().First(m => m.name is "norm").module).running_mean!.ToDoubles());
        Assert.All(network.parameters(), p => Assert.True(p.grad is null || p.grad.IsInvalid));
        Assert.Contains("one number an example", Assert.Throws<ArgumentException>(() => Curvature.Estimate(model, x, x, (outputs, _) => outputs.mean())).Message, StringComparison.Ordinal);
    }
}
