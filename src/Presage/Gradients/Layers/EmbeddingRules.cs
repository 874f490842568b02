using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Embedding: tokens (N, r, …), deltas (N, r, …, d).</summary>
internal sealed class EmbeddingRule : UnaryRule
{
    private readonly Embedding _layer;
    private readonly EmbeddingTable _table;

    public EmbeddingRule(Embedding layer, ModelParameters parameters, string path)
        : base(layer, parameters, path)
    {
        _layer = layer;
        _table = EmbeddingTable.Of(layer.weight!, layer.forward);
        Unusable = _table.Unusable;
    }

    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
        Use("weight", () => new EmbeddingUse(inputs[0], delta, _layer.weight!.shape[0], _table.PaddingRow));
}

/// <summary>EmbeddingBag by sum, mean or maximum: bags (N, L), or tokens and the offsets at which the N bags begin; deltas (N, d).</summary>
internal sealed class EmbeddingBagRule : LayerRule
{
    private readonly EmbeddingBag _layer;
    private readonly EmbeddingTable _table;
    private EmbeddingBagMode? _mode;

    public EmbeddingBagRule(EmbeddingBag layer, ModelParameters parameters, string path)
        : base(layer, parameters, path)
    {
        _layer = layer;
        _table = EmbeddingTable.Of(layer.weight!, tokens => layer.forward(tokens.unsqueeze(1), null!, null!));
        Unusable = _table.Unusable;
    }

    public override Action Watch(Recorder recorder) => _layer.register_forward_hook((_, tokens, offsets, weights, output) =>
    {
        if (Unusable is not null || !output.requires_grad)
        {
            return output;
        }

        (Tensor bags, Tensor present) = Bags(tokens, offsets, output.shape[0]);
        if (weights is not null)
        {
            present = present * Bags(weights, offsets, output.shape[0]).Bags;
        }

        // Bags of one token, or of equal ones, have the same sum, mean and maximum: another call may know better.
        _mode = _mode is { } known && Gives(known, bags, present, output) ? known : ModeOf(bags, present, output);
        return _mode is { } mode ? recorder.Record(this, output, [bags, present], (inputs, delta) => Uses(inputs, delta, mode)) : output;
    }).remove;

    private IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta, EmbeddingBagMode mode) => Use("weight", () =>
    {
        Tensor bags = inputs[0].flatten(0, 1);
        using var grad = no_grad();
        Tensor deltas = Weights(bags, inputs[1].flatten(0, 1), mode) * delta.flatten(0, 1).unsqueeze(1);
        return new EmbeddingUse(inputs[0], deltas.reshape([delta.shape[0], -1, delta.shape[^1]]), _layer.weight!.shape[0], _table.PaddingRow);
    });

    // ∂(bag's vector)/∂(row at each of its places), (N, L, d).
    private Tensor Weights(Tensor bags, Tensor present, EmbeddingBagMode mode)
    {
        Tensor rows = Rows(bags);
        Tensor counted = _table.PaddingRow is { } padding ? present * bags.ne(padding) : present;
        return mode switch
        {
            EmbeddingBagMode.Sum => counted.unsqueeze(2).expand(rows.shape),
            EmbeddingBagMode.Mean => (counted / counted.sum(1, keepdim: true).clamp_min(Scalars.One)).unsqueeze(2).expand(rows.shape),
            _ => zeros_like(rows).scatter_(1, Largest(rows.masked_fill(counted.eq(Scalars.Zero).unsqueeze(2), Scalars.NegativeInfinity)), ones([rows.shape[0], 1, rows.shape[2]], rows.dtype, rows.device)) * counted.ne(Scalars.Zero).unsqueeze(2),
        };
    }

    private static Tensor Largest(Tensor rows) => rows.argmax(1, keepdim: true);

    private Tensor Rows(Tensor bags) => _layer.weight!.detach().index_select(0, bags.flatten()).reshape([.. bags.shape, -1]);

    private bool Gives(EmbeddingBagMode mode, Tensor bags, Tensor present, Tensor output)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return Recomputed.Agrees((Weights(bags, present, mode) * Rows(bags)).sum(1), output);
    }

    // The module does not tell its mode, but its output does.
    private EmbeddingBagMode? ModeOf(Tensor bags, Tensor present, Tensor output)
    {
        foreach (EmbeddingBagMode mode in Enum.GetValues<EmbeddingBagMode>())
        {
            if (Gives(mode, bags, present, output))
            {
                return mode;
            }
        }

        Unusable = "its output is neither the sum, nor the mean, nor the maximum of the rows in a bag";
        return null;
    }

    // (N, longest bag), and 1 where there is a token.
    private (Tensor Bags, Tensor Present) Bags(Tensor tokens, Tensor? offsets, long bags)
    {
        ScalarType type = _layer.weight!.dtype;
        if (offsets is null)
        {
            return (tokens, ones(tokens.shape, type, tokens.device));
        }

        long[] starts = [.. offsets.to(ScalarType.Int64).cpu().data<long>().Take((int)bags), tokens.shape[0]];
        long longest = Math.Max(1, starts.Zip(starts.Skip(1), (a, b) => b - a).Max());
        Tensor padded = zeros([bags, longest], tokens.dtype, tokens.device);
        Tensor present = zeros([bags, longest], type, tokens.device);
        for (int bag = 0; bag < bags; bag++)
        {
            long length = starts[bag + 1] - starts[bag];
            padded[bag].narrow(0, 0, length).copy_(tokens.narrow(0, starts[bag], length));
            present[bag].narrow(0, 0, length).fill_(1);
        }

        return (padded, present);
    }
}

/// <summary>What an embedding does to its table's gradient, found by trying: TorchSharp does not tell.</summary>
internal sealed record EmbeddingTable(long? PaddingRow, string? Unusable)
{
    /// <summary>The tables of embeddings, trained or frozen, that are changed by being looked up (max_norm).</summary>
    public static IReadOnlyList<Func<Tensor>> Renormalized(IEnumerable<nn.Module> modules) =>
    [
        .. modules.Distinct().Select(module => module switch
        {
            Embedding layer when IsRenormalized(layer.weight!, layer.forward) => () => layer.weight!,
            EmbeddingBag layer when IsRenormalized(layer.weight!, tokens => layer.forward(tokens.unsqueeze(1), null!, null!)) => () => layer.weight!,
            _ => (Func<Tensor>?)null,
        }).OfType<Func<Tensor>>(),
    ];

    public static EmbeddingTable Of(Parameter weight, Func<Tensor, Tensor> lookUp)
    {
        if (!weight.requires_grad)
        {
            return new EmbeddingTable(null, null);
        }

        if (IsRenormalized(weight, lookUp))
        {
            return new EmbeddingTable(null, "max_norm changes its weight in the forward pass");
        }

        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        long rows = weight.shape[0];
        Tensor twice = arange(Math.Min(2, rows), ScalarType.Int64, weight.device);
        Tensor sum = lookUp(cat([arange(rows, ScalarType.Int64, weight.device), twice])).sum();
        Tensor gradient = autograd.grad([sum], [weight])[0];
        double[] counts = (gradient.is_sparse ? gradient.to_dense() : gradient).mean([1]).ToDoubles();
        int padding = Array.FindIndex(counts, c => c == 0);
        bool byFrequency = Enumerable.Range(0, (int)twice.shape[0]).Any(row => row != padding && counts[row] < 1.5);
        return byFrequency
            ? new EmbeddingTable(null, "scale_grad_by_freq divides a row's gradient by its count in the batch")
            : new EmbeddingTable(padding < 0 ? null : padding, null);
    }

    // Whether there is a largest norm, be it that no row exceeds it now.
    private static bool IsRenormalized(Parameter weight, Func<Tensor, Tensor> lookUp)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor row = weight[0].detach().clone();
        long version = Recorder.VersionOf(weight);
        lookUp(zeros([1], ScalarType.Int64, weight.device));
        if (Recorder.VersionOf(weight) == version)
        {
            return false;
        }

        weight[0].copy_(row);
        return true;
    }
}
