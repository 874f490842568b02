using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Embeddings of special kinds are exact, and stay as they were.</summary>
public sealed class GradientEmbeddingTests : SmallClassification
{
    [Fact]
    public void Embeddings_of_special_kinds_are_exact()
    {
        foreach (string kind in new[] { "max norm", "frequency", "sparse", "padding" })
        {
            var table = nn.Embedding(
                5,
                4,
                padding_idx: kind is "padding" ? 2 : null,
                max_norm: kind is "max norm" ? 0.5 : null,
                scale_grad_by_freq: kind is "frequency",
                sparse: kind is "sparse",
                dtype: F64);
            var head = Linear(4, Classes, dtype: F64);
            var model = Randomize(
                new ComposedModel(x => head.call(table.call((x * 2).round().clamp(0, 4).to(ScalarType.Int64)).sum(1).tanh()), ("table", table), ("head", head)), 3);
            double[] before = Values(table.weight!);
            var probe = new GradientProbe(model);
            GradientStatistics measured = probe.Measure(Inputs, Labels, Losses.CrossEntropy);
            Assert.Equal(before, Values(table.weight!));
            Assert.Equal(measured.Layers[0].SquaredNorms, probe.Measure(Inputs, Labels, Losses.CrossEntropy).Layers[0].SquaredNorms);
            Assert.Equal(before, Values(table.weight!));
            AssertNorms(PerExampleLoop.Measure(model, Inputs, Labels, Losses.CrossEntropy), measured);
            Assert.Equal(kind is "max norm" or "frequency" ? CoverageMethod.Fallback : CoverageMethod.ClosedForm, probe.Coverage[0].Method);
            if (kind is "max norm" or "frequency")
            {
                Assert.Contains(kind is "max norm" ? "max_norm" : "scale_grad_by_freq", probe.Coverage[0].Reason, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_frozen_embedding_with_a_largest_norm_stays_as_it_was()
    {
        var table = nn.Embedding(5, 4, max_norm: 0.5, dtype: F64);
        table.weight!.requires_grad = false;
        var head = Linear(4, Classes, dtype: F64);
        var model = Randomize(
            new ComposedModel(x => head.call(table.call((x * 2).round().clamp(0, 4).to(ScalarType.Int64)).sum(1)), ("table", table), ("head", head)), 3);
        double[] before = Values(table.weight);
        new GradientProbe(model).Measure(Inputs, Labels, Losses.CrossEntropy);
        Assert.Equal(before, Values(table.weight));
    }

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();
}
