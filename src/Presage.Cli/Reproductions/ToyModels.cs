using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>The models of document 003's Examples 1 and 7, in float64.</summary>
internal static class ToyModels
{
    /// <summary>Example 1: w·x from w = 0.</summary>
    public static nn.Module<Tensor, Tensor> Linear()
    {
        Linear model = nn.Linear(RealOrRandom.Features, 1, hasBias: false, dtype: ScalarType.Float64);
        using var grad = no_grad();
        model.weight.zero_();
        return model;
    }
}

/// <summary>Example 7: (w ⊙ u)·x, from the same number in every weight.</summary>
internal sealed class DeepLinear : nn.Module<Tensor, Tensor>
{
    // Named as the document names them; TorchSharp takes the names of fields.
    private readonly Parameter u;
    private readonly Parameter w;

    public DeepLinear(double initial)
        : base(nameof(DeepLinear))
    {
        u = new Parameter(full(RealOrRandom.Features, initial, dtype: ScalarType.Float64));
        w = new Parameter(full(RealOrRandom.Features, initial, dtype: ScalarType.Float64));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => (input * u * w).sum(dim: 1, keepdim: true);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            u.Dispose();
            w.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>
/// Example 8: two linear neurons, w1·(u·x) and w2·(v·x) added, of which the first does not see the common feature. G such networks side by side, which
/// know nothing of one another: inputs (N, 6), outputs (N, G).
/// </summary>
internal sealed class TwoNeurons : nn.Module<Tensor, Tensor>
{
    private readonly Linear u;
    private readonly Linear v;
    private readonly Parameter w1;
    private readonly Parameter w2;

    /// <param name="first">w1 of each network (G).</param>
    /// <param name="second">w2 of each network (G).</param>
    /// <param name="others">Every other weight.</param>
    public TwoNeurons(double[] first, double[] second, double others)
        : base(nameof(TwoNeurons))
    {
        u = Filled(RealOrRandom.Common, first.Length, others);
        v = Filled(RealOrRandom.Features, first.Length, others);
        w1 = new Parameter(tensor(first));
        w2 = new Parameter(tensor(second));
        RegisterComponents();
    }

    /// <summary>What each feature weighs in the output (G, 6): w1·u + w2·v.</summary>
    public double[][] FeatureWeights()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor bad = nn.functional.pad(u.weight, [0, 1]);
        Tensor all = w1.unsqueeze(1) * bad + w2.unsqueeze(1) * v.weight;
        return [.. all.flatten().data<double>().ToArray().Chunk(RealOrRandom.Features)];
    }

    public override Tensor forward(Tensor input) => u.call(input.narrow(1, 0, RealOrRandom.Common)) * w1 + v.call(input) * w2;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            u.Dispose();
            v.Dispose();
            w1.Dispose();
            w2.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Linear Filled(int inputs, int outputs, double value)
    {
        Linear layer = nn.Linear(inputs, outputs, hasBias: false, dtype: ScalarType.Float64);
        using var grad = no_grad();
        layer.weight.fill_(value);
        return layer;
    }
}
