using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>What attention is applied to and how it is masked; sequences are (T, N, d).</summary>
internal sealed record AttentionInputs(Tensor Query, Tensor Key, Tensor Value, Tensor? KeyPadding, Tensor? Mask)
{
    public bool IsSelfAttention => Key.Handle == Query.Handle && Value.Handle == Query.Handle;
}

/// <summary>Multi-head attention written out: its four maps are linear layers over T positions.</summary>
internal abstract class AttentionRule(nn.Module module, ModelParameters parameters, string path) : RecomputedRule(module, parameters, path)
{
    /// <summary>The numbers of heads that a width can be split into.</summary>
    protected static IEnumerable<long> HeadsOf(long width) => LongRange(width).Where(heads => width % heads == 0);

    /// <summary>The least that a module can be given instead of a sequence (T, N, d), where its own result is not needed.</summary>
    protected static Tensor FirstPosition(Tensor sequence) => sequence.detach().narrow(0, 0, 1);

    /// <summary>The part of a mask, over (…, T, S) or (N, S), that goes with the first position.</summary>
    protected static Tensor? FirstOf(Tensor? mask, bool isPadding) =>
        mask is null ? null : isPadding ? mask.narrow(1, 0, 1) : mask.narrow(-2, 0, 1).narrow(-1, 0, 1);

    /// <summary>Attention's output (T, N, d) and its weights (N, heads, T, S).</summary>
    protected (Tensor Output, Tensor Weights) Attend(Recorder? recorder, string prefix, long heads, bool zeroAttention, AttentionInputs inputs)
    {
        var (query, key, value) = Projected(recorder, prefix, inputs);
        long length = query.shape[0];
        long examples = query.shape[1];
        long width = query.shape[2];
        (key, value) = (WithExtra(recorder, prefix + "bias_k", key), WithExtra(recorder, prefix + "bias_v", value));
        long extra = key.shape[0] - inputs.Key.shape[0] + (zeroAttention ? 1 : 0);
        Tensor keys = Split(key);
        Tensor values = Split(value);
        if (zeroAttention)
        {
            Tensor nothing = zeros([examples * heads, 1, width / heads], key.dtype, key.device);
            (keys, values) = (cat([keys, nothing], 1), cat([values, nothing], 1));
        }

        using Scalar scale = 1 / Math.Sqrt((double)width / heads);
        Tensor scores = (Split(query) * scale).bmm(keys.transpose(1, 2)).reshape(examples, heads, length, -1);
        if (inputs.Mask is { } mask)
        {
            // Added as it is: libtorch's module adds 1 where a mask of truth values says to leave out.
            Tensor added = nn.functional.pad(mask.to(scores.dtype), [0, extra]);
            scores = scores + (added.dim() == 3 ? added.reshape(examples, heads, length, -1) : added);
        }

        if (inputs.KeyPadding is { } padding)
        {
            scores = scores.masked_fill(nn.functional.pad(padding.to(ScalarType.Float32), [0, extra]).to(ScalarType.Bool).unsqueeze(1).unsqueeze(2), Scalars.NegativeInfinity);
        }

        Tensor weights = scores.softmax(-1);
        Tensor heard = weights.reshape(examples * heads, length, -1).bmm(values).transpose(0, 1).reshape(length, examples, width);
        return (Linear(recorder, heard, prefix + "out_proj.weight", prefix + "out_proj.bias"), weights);

        // (T, N, d) to (N·heads, T, d/heads).
        Tensor Split(Tensor sequence) => sequence.reshape(sequence.shape[0], examples * heads, width / heads).transpose(0, 1);
    }

    private (Tensor Query, Tensor Key, Tensor Value) Projected(Recorder? recorder, string prefix, AttentionInputs inputs)
    {
        string weight = prefix + "in_proj_weight";
        string bias = prefix + "in_proj_bias";
        if (OptionalParameter(weight) is not { } whole)
        {
            return (
                Separate("q_proj_weight", inputs.Query, 0), Separate("k_proj_weight", inputs.Key, 1), Separate("v_proj_weight", inputs.Value, 2));
        }

        long width = whole.shape[0] / 3;
        if (inputs.IsSelfAttention)
        {
            Tensor[] parts = Linear(recorder, inputs.Query, weight, bias).chunk(3, 2);
            return (parts[0], parts[1], parts[2]);
        }

        return (
            Linear(recorder, inputs.Query, weight, bias, (0, width)),
            Linear(recorder, inputs.Key, weight, bias, (width, width)),
            Linear(recorder, inputs.Value, weight, bias, (2 * width, width)));

        // Inputs of different widths have weights of their own, and parts of one bias.
        Tensor Separate(string name, Tensor input, long part)
        {
            Tensor matrix = Parameter(prefix + name);
            long rows = matrix.shape[0];
            Tensor? shift = OptionalParameter(bias);
            Tensor output = nn.functional.linear(input, matrix, shift?.narrow(0, part * rows, rows));
            return recorder?.RecordInside(
                this,
                output,
                [input],
                (given, delta) =>
                [
                    .. Use(prefix + name, () => new OuterUse(given[0].transpose(0, 1), delta.transpose(0, 1))),
                    .. Use(bias, () => new DenseUse(nn.functional.pad(delta.sum(dim: 0), [part * rows, (2 - part) * rows]))),
                ]) ?? output;
        }
    }

    // bias_k and bias_v are one more position, the same for every example.
    private Tensor WithExtra(Recorder? recorder, string name, Tensor sequence)
    {
        if (OptionalParameter(name) is not { } parameter)
        {
            return sequence;
        }

        Tensor extra = parameter.repeat(1, sequence.shape[1], 1);
        extra = recorder?.RecordInside(
            this, extra, [], (_, delta) => Use(name, () => new DenseUse(delta.transpose(0, 1).unsqueeze(1)))) ?? extra;
        return cat([sequence, extra], 0);
    }

    private static IEnumerable<long> LongRange(long last)
    {
        for (long i = 1; i <= last; i++)
        {
            yield return i;
        }
    }
}
