using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// The obvious way to per-example gradients: one example at a time, by automatic differentiation. Slow, exact for every model without
/// batch statistics, and what the fast way (<see cref="GradientProbe"/>) is checked against.
/// </summary>
public static class PerExampleLoop
{
    /// <summary>Measures every trainable parameter of <paramref name="model"/> on a sample.</summary>
    /// <param name="model">The network; left as it is.</param>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="targets">Labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss.</param>
    /// <exception cref="ArgumentException">The loss is not one number an example, or inputs and targets are not one an example.</exception>
    public static GradientStatistics Measure(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        IReadOnlyList<ModelParameter> named = new ModelParameters(model).All;
        Tensor[] parameters = [.. named.Select(p => (Tensor)p.Tensor)];
        int examples = Losses.ExamplesOf(inputs, targets);
        var gradients = new double[examples][][];
        var exampleLosses = new double[examples];
        for (int n = 0; n < examples; n++)
        {
            using var example = NewDisposeScope();
            Tensor losses = loss(model.call(inputs[n..(n + 1)]), targets[n..(n + 1)]);
            Losses.CheckPerExample(losses, 1);
            exampleLosses[n] = losses.ToDoubles()[0];
            gradients[n] = [.. Autograd.Gradients(losses.sum(), parameters).Select(g => g.ToDoubles())];
        }

        var layers = named
            .Select((p, index) => (p.Name, p.Tensor, index, p.Layer))
            .GroupBy(p => p.Layer, p => (p.Name, p.Tensor, p.index), StringComparer.Ordinal)
            .Select(layer => LayerOf(layer.Key, [.. layer], gradients))
            .ToList();
        return new GradientStatistics(layers, exampleLosses);
    }

    private static LayerStatistics LayerOf(string name, List<(string Name, Parameter Parameter, int Index)> parameters, double[][][] gradients)
    {
        double[] squaredNorms = [.. gradients.Select(g => parameters.Sum(p => g[p.Index].Sum(v => v * v)))];
        var statistics = new List<ParameterStatistics>();
        foreach (var (parameterName, parameter, index) in parameters)
        {
            var sum = new double[parameter.numel()];
            var squares = new double[sum.Length];
            var signs = new int[sum.Length];
            foreach (double[][] gradient in gradients)
            {
                for (int j = 0; j < sum.Length; j++)
                {
                    double g = gradient[index][j];
                    sum[j] += g;
                    squares[j] += g * g;
                    signs[j] += Math.Sign(g);
                }
            }

            statistics.Add(new ParameterStatistics(parameterName, parameter.shape, sum, squares, signs));
        }

        double[] innerProducts =
        [
            .. gradients.Select(g => parameters.Zip(statistics).Sum(p => g[p.First.Index].Zip(p.Second.Sum).Sum(v => v.First * v.Second))),
        ];
        return new LayerStatistics(name, statistics, squaredNorms, innerProducts);
    }
}
