using Presage.Models;
using Presage.Norms;
using TorchSharp;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>What normalizing a network holds in memory at a time.</summary>
public class NormMemoryTests
{
    // A place where branches meet takes a run of its own: what one run holds must be gone before the next.
    [Fact]
    public void Tensors_alive_at_a_time_grow_with_the_layers_of_a_residual_network_and_not_with_their_square()
    {
        using var scope = NewDisposeScope();
        double few = MostAlive(blocks: 1);
        double many = MostAlive(blocks: 6);
        Assert.InRange(many / few, 1, 5);

        static double MostAlive(int blocks)
        {
            using var model = Drawn(Networks.SmallResNet(1, 3, ChannelNormalization.Batch, 2, blocks, 1, 1), 4);
            model.eval();
            Tensor x = Normal(3, 4, 1, 8, 8);
            long before = LeakTests.LiveTensors();
            long most = 0;
            foreach (var (name, module) in model.named_modules().Where(m => m.module is Module<Tensor, Tensor> && !m.module.children().Any()))
            {
                ((Module<Tensor, Tensor>)module).register_forward_hook((_, _, output) =>
                {
                    most = Math.Max(most, Tensor.TotalCount - before);
                    return output;
                });
            }

            Assert.InRange(NormalizedNetwork.Of(model, x, WeightNorm.Frobenius).Proof.Difference, 0, 1e-11);
            return most;
        }
    }

    [Fact]
    public void A_proof_takes_as_many_examples_at_a_time_as_fit_and_counts_all_of_them()
    {
        using var scope = NewDisposeScope();
        using var model = Drawn(Networks.ResNet18(1, 3, ChannelNormalization.Batch, 16, 1), 4);
        model.eval();
        Tensor x = Normal(3, 40, 1, 32, 32);
        NetworkTrace trace = HomogeneousForm.Trace(model, x);
        int atATime = trace.ExamplesAtATime(x.shape[0] * 1000);
        Assert.InRange(trace.ExampleBytes, 16 * 32 * 32 * 8 * 10, 50_000_000);
        Assert.InRange(atATime * trace.ExampleBytes, 1, 100_000_000);
        Assert.Equal(atATime + 1, NormalizedNetwork.Of(model, x.repeat(2, 1, 1, 1)[..(atATime + 1)], WeightNorm.Frobenius).Proof.Examples);
    }
}
