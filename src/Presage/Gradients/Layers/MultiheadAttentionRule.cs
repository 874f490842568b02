using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>MultiheadAttention, sequences first: query, key and value (T, N, d).</summary>
internal sealed class MultiheadAttentionRule(MultiheadAttention layer, ModelParameters parameters, string path) : AttentionRule(layer, parameters, path)
{
    private Settings? _settings;

    private AttentionInputs? _given;

    private sealed record Settings(long Heads, bool ZeroAttention);

    public override Action Watch(Recorder recorder)
    {
        var before = layer.register_forward_pre_hook((_, query, key, value, padding, needsWeights, mask) =>
        {
            _given = new AttentionInputs(query, key, value, padding, mask);
            return _settings is null
                ? null
                : (FirstPosition(query), FirstPosition(key), FirstPosition(value), FirstOf(padding, isPadding: true)!, needsWeights, FirstOf(mask, isPadding: false)!);
        });
        var after = layer.register_forward_hook((_, _, _, _, _, needsWeights, _, output) => Anew(recorder, needsWeights, output));
        return before.remove + (Action)after.remove;
    }

    private Tuple<Tensor, Tensor> Anew(Recorder recorder, bool needsWeights, Tuple<Tensor, Tensor> output)
    {
        AttentionInputs inputs = _given!;
        _given = null;
        if (Unusable is not null || inputs.Query.dim() != 3)
        {
            return output;
        }

        IEnumerable<Settings> candidates =
            from zero in NoYes from heads in HeadsOf(inputs.Query.shape[2]) select new Settings(heads, zero);
        if (_settings is null)
        {
            var random = new AttentionInputs(
                RandomSequence(3, 2, inputs.Query.shape[2]), RandomSequence(4, 2, inputs.Key.shape[2]), RandomSequence(4, 2, inputs.Value.shape[2]), null, null);
            _settings = Find(
                candidates,
                s => Attend(null, "", s.Heads, s.ZeroAttention, inputs).Output,
                output.Item1,
                s => Attend(null, "", s.Heads, s.ZeroAttention, random).Output,
                () => layer.forward(random.Query, random.Key, random.Value, null!, false, null!).Item1);
        }

        if (_settings is null)
        {
            return output;
        }

        var (attended, weights) = Attend(recorder, "", _settings.Heads, _settings.ZeroAttention, inputs);
        return Tuple.Create(attended, needsWeights ? weights.mean([1]) : output.Item2);
    }
}
