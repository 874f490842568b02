using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Compares Gram matrices with those of gradients by automatic differentiation, one example at a time.</summary>
internal static class GramOracle
{
    /// <summary>From one example a pass, and one example's gradient a block, to all at once.</summary>
    public static readonly long[] Budgets = [1, 5_000, 40_000, ProbeOptions.DefaultMemoryBudget];

    public static void AssertGram(Module<Tensor, Tensor> model, Tensor inputs, Tensor targets)
    {
        Randomize(model, 99);
        foreach (long budget in Budgets)
        {
            AssertMatches(model, inputs, targets, budget, 1e-9);
        }
    }

    public static void AssertMatches(Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, long budget, double tolerance)
    {
        var probe = new GradientProbe(model, new ProbeOptions(budget));
        SampleGram gram = probe.Gram(inputs, targets, Losses.CrossEntropy);
        var names = probe.Coverage.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        int examples = (int)inputs.shape[0];
        var network = new double[examples * examples];
        foreach (LayerGram layer in gram.Layers)
        {
            double[] expected = BruteForce(model, layer.Name, names, inputs, targets);
            AssertClose(expected, layer.Gram.Values.ToArray(), tolerance, $"{layer.Name} with {budget} bytes");
            AssertSymmetric(layer.Gram);
            network = [.. network.Zip(expected, (a, b) => a + b)];
        }

        AssertClose(network, gram.Network.Values.ToArray(), tolerance, $"network with {budget} bytes");
        AssertSymmetric(gram.Network);
    }

    private static void AssertSymmetric(GramMatrix gram)
    {
        for (int n = 0; n < gram.Size; n++)
        {
            for (int m = 0; m < n; m++)
            {
                Assert.Equal(gram[m, n], gram[n, m]);
            }
        }
    }

    // ⟨g_n, g_m⟩ of gradients by automatic differentiation, one example at a time.
    private static double[] BruteForce(Module<Tensor, Tensor> model, string layer, HashSet<string> names, Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        Tensor[] parameters =
        [
            .. model.named_parameters()
                .Where(p => names.Contains(p.name))
                .Where(p => string.Equals(p.name.Contains('.', StringComparison.Ordinal) ? p.name[..p.name.LastIndexOf('.')] : model.GetName(), layer, StringComparison.Ordinal))
                .Select(p => p.parameter),
        ];
        Tensor gradients = stack([.. Enumerable.Range(0, (int)inputs.shape[0]).Select(n =>
            cat([.. autograd.grad([Losses.CrossEntropy(model.call(inputs[n..(n + 1)]), targets[n..(n + 1)]).sum()], parameters).Select(g => g.flatten())]))]).to(ScalarType.Float64);
        return gradients.mm(gradients.t()).ToDoubles();
    }

    public static void AssertAgree(SampleGram gram, GradientStatistics statistics)
    {
        foreach (var (layer, matrix) in statistics.Layers.Zip(gram.Layers))
        {
            AssertClose(layer.SquaredNorms, matrix.Gram.SquaredNorms(), 1e-9, layer.Name + " squared norms");
            AssertClose(layer.InnerProducts!, matrix.Gram.RowSums(), 1e-9, layer.Name + " inner products");
        }
    }
}
