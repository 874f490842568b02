using Presage.Gradients.Uses;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// A layer that libtorch computes in one piece, so that what happens inside cannot be watched: it is computed anew, step by step, and the model goes
/// on with that result. The module does not tell its settings; they are found by what reproduces its output.
/// </summary>
internal abstract class RecomputedRule : LayerRule
{
    /// <summary>The values of a setting that is on or off.</summary>
    protected static readonly bool[] NoYes = [false, true];

    private readonly Dictionary<string, Parameter> _parameters;

    protected RecomputedRule(nn.Module module, ModelParameters parameters, string path)
        : base(module, parameters, path) =>
        _parameters = module.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);

    public override CoverageMethod Method => CoverageMethod.Unfolded;

    /// <summary>A random sequence of the parameters' type.</summary>
    protected Tensor RandomSequence(long first, long second, long width)
    {
        Parameter like = _parameters.Values.First();
        using var generator = new Generator(1);
        return randn([first, second, width], like.dtype, generator: generator).to(like.device);
    }

    protected Parameter Parameter(string name) => _parameters[name];

    protected Parameter? OptionalParameter(string name) => _parameters.GetValueOrDefault(name);

    /// <summary>The first settings whose output is the module's own, on what it was given and on random numbers: equal tokens, say, look alike to any number of heads.</summary>
    protected T? Find<T>(IEnumerable<T> candidates, Func<T, Tensor> compute, Tensor output, Func<T, Tensor> computeRandom, Func<Tensor> randomOutput)
        where T : class
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor random = randomOutput();
        foreach (T candidate in candidates)
        {
            if (Recomputed.Agrees(compute(candidate), output) && Recomputed.Agrees(computeRandom(candidate), random))
            {
                return candidate;
            }
        }

        Unusable = "computed step by step it gives another output than the module itself, as with Dropout inside in training mode, "
            + "whose probability TorchSharp does not tell: measure in evaluation mode (model.eval())";
        return null;
    }

    /// <summary>A linear map of inputs (T, N, in), by some rows of a weight, watched where there is a recorder.</summary>
    protected Tensor Linear(Recorder? recorder, Tensor input, string weight, string bias, (long First, long Count)? rows = null)
    {
        Tensor matrix = Parameter(weight);
        Tensor? shift = OptionalParameter(bias);
        long total = matrix.shape[0];
        var (first, count) = rows ?? (0, total);
        Tensor output = nn.functional.linear(input, matrix.narrow(0, first, count), shift?.narrow(0, first, count));
        return recorder?.RecordInside(
            this,
            output,
            [input],
            (inputs, delta) =>
            [
                .. Use(weight, () => new OuterUse(inputs[0].transpose(0, 1), delta.transpose(0, 1), first, total)),
                .. shift is null ? [] : Use(bias, () => new DenseUse(nn.functional.pad(delta.sum(dim: 0), [first, total - first - count]))),
            ]) ?? output;
    }

    /// <summary>Layer normalization of inputs (T, N, d), watched where there is a recorder.</summary>
    protected Tensor LayerNormalized(Recorder? recorder, Tensor input, string name)
    {
        Tensor scale = Parameter(name + ".weight");
        Tensor Normalized(Tensor x) => nn.functional.layer_norm(x, scale.shape, null, null, 1e-5);
        Tensor output = nn.functional.layer_norm(input, scale.shape, scale, Parameter(name + ".bias"), 1e-5);
        return recorder?.RecordInside(
            this,
            output,
            [input],
            (inputs, delta) =>
            [
                .. Use(name + ".weight", () => new DenseUse((delta * Normalized(inputs[0])).sum(dim: 0))),
                .. Use(name + ".bias", () => new DenseUse(delta.sum(dim: 0))),
            ]) ?? output;
    }
}

internal static class Recomputed
{
    /// <summary>Whether two ways to compute the same thing agree to their rounding.</summary>
    public static bool Agrees(Tensor computed, Tensor expected)
    {
        double tolerance = expected.dtype == ScalarType.Float64 ? 1e-9 : 1e-4;
        return computed.shape.AsSpan().SequenceEqual(expected.shape)
            && (computed - expected.detach()).abs().max().to(ScalarType.Float64).item<double>()
                <= tolerance * expected.detach().abs().max().to(ScalarType.Float64).item<double>();
    }
}
