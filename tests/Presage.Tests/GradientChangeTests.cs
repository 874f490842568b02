using Presage.Cli.Reproductions;
using Presage.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class GradientChangeTests
{
    private const double Rate = 0.3;

    [Fact]
    public void The_first_term_of_the_second_layer_is_what_equation_28_says_written_out()
    {
        using var scope = NewDisposeScope();
        var (network, inputs, labels) = Make();
        using var change = new GradientChange(network, inputs, labels, Rate);
        Tensor term = change.FirstTerm(1, TestContext.Current.CancellationToken);

        // The unit s of the first layer depends on its own weights and bias alone: ∂a_s/∂θ = 1[z_s > 0]·(x, 1).
        Tensor[] p = [.. network.parameters().Select(each => each.detach())];
        Tensor z = inputs.matmul(p[0].t()) + p[1];
        Tensor o = z.relu().matmul(p[2].t()) + p[3];
        Tensor next = o.relu().matmul(p[4].t()) + p[5];
        Tensor delta = (nn.functional.softmax(next, -1) - nn.functional.one_hot(labels, 3)).matmul(p[4]) * (o > 0);
        Tensor extended = cat([inputs, ones([inputs.shape[0], 1], ScalarType.Float64)], 1);
        double n = inputs.shape[0];
        for (int c = 0; c < 4; c++)
        {
            for (int s = 0; s < 5; s++)
            {
                Tensor sum = (extended * (delta.select(1, c) * (z.select(1, s) > 0)).unsqueeze(1)).sum(dim: 0);
                double expected = -Rate / n / n * p[2][c, s].item<double>() * sum.square().sum().item<double>();
                Assert.Equal(expected, term[c, s].item<double>(), 12);
            }
        }
    }

    [Fact]
    public void The_first_term_has_the_sign_opposite_to_the_weight_in_every_layer()
    {
        using var scope = NewDisposeScope();
        var (network, inputs, labels) = Make();
        using var change = new GradientChange(network, inputs, labels, Rate);
        foreach (int layer in (int[])[1, 2])
        {
            GradientChangeTerms terms = change.Terms(layer, TestContext.Current.CancellationToken);
            Assert.Equal(0, terms.Same);
            Assert.True(terms.Opposite > 0);
            Assert.Equal(change.Weight(layer).numel(), terms.Opposite + terms.Zero);
        }
    }

    [Fact]
    public void The_whole_change_is_that_of_a_real_step_as_the_step_becomes_small()
    {
        using var scope = NewDisposeScope();
        var (network, inputs, labels) = Make();
        const double small = 1e-5;
        using var change = new GradientChange(network, inputs, labels, small);
        Tensor expected = change.Change(2, change.Layers);
        Tensor before = Gradient(network, inputs, labels);
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
            {
                parameter.sub_(parameter.grad! * small);
            }
        }

        Tensor actual = Gradient(network, inputs, labels) - before;
        Assert.True(((actual - expected).square().sum() / expected.square().sum()).sqrt().item<double>() < 1e-3);
    }

    [Fact]
    public void Measuring_leaves_the_weights_where_they_are()
    {
        using var scope = NewDisposeScope();
        var (network, inputs, labels) = Make();
        using var change = new GradientChange(network, inputs, labels, Rate);
        change.Terms(2, TestContext.Current.CancellationToken);
        Tensor[] weights = [.. network.parameters().Where(p => p.dim() == 2)];
        for (int l = 0; l < weights.Length; l++)
        {
            Assert.True((change.Weight(l) - weights[l]).abs().max().item<double>() < 1e-15);
        }
    }

    private static Tensor Gradient(nn.Module<Tensor, Tensor> network, Tensor inputs, Tensor labels)
    {
        network.zero_grad();
        nn.functional.cross_entropy(network.call(inputs), labels).backward();
        return network.parameters().Last(p => p.dim() == 2).grad!.clone();
    }

    private static (nn.Module<Tensor, Tensor> Network, Tensor Inputs, Tensor Labels) Make()
    {
        using var generator = new Generator(3);
        return (
            Networks.Mlp([6], [5, 4], 3, 1).to(ScalarType.Float64),
            randn([30, 6], dtype: ScalarType.Float64, generator: generator),
            randn([30, 3], dtype: ScalarType.Float64, generator: generator).argmax(-1));
    }
}
