using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>TransformerEncoderLayer and TransformerEncoder, sequences first (T, N, d): attention, two linear maps and normalizations a layer.</summary>
internal sealed class TransformerEncoderRule(nn.Module module, ModelParameters parameters, string path) : AttentionRule(module, parameters, path)
{
    private Settings? _settings;

    private (Tensor Sequence, Tensor? Mask, Tensor? Padding) _given;

    private sealed record Settings(long Heads, bool Gelu);

    public override Action Watch(Recorder recorder)
    {
        switch (Module)
        {
            case TransformerEncoderLayer layer:
                var beforeLayer = layer.register_forward_pre_hook((_, input) =>
                {
                    _given = (input, null, null);
                    return _settings is null ? input : FirstPosition(input);
                });
                var afterLayer = layer.register_forward_hook((_, _, output) => Anew(recorder, output));
                return beforeLayer.remove + (Action)afterLayer.remove;
            case TransformerEncoder encoder:
                var before = encoder.register_forward_pre_hook((_, input, mask, padding) =>
                {
                    _given = (input, mask, padding);
                    return _settings is null ? null : (FirstPosition(input), FirstOf(mask, isPadding: false)!, FirstOf(padding, isPadding: true)!);
                });
                var after = encoder.register_forward_hook((_, _, _, _, output) => Anew(recorder, output));
                return before.remove + (Action)after.remove;
            default:
                throw new InvalidOperationException($"{Module.GetName()} is no transformer encoder.");
        }
    }

    private Tensor Anew(Recorder recorder, Tensor output)
    {
        var (input, mask, padding) = _given;
        _given = default;
        if (Unusable is not null || input.dim() != 3)
        {
            return output;
        }

        IEnumerable<Settings> candidates =
            from gelu in NoYes from heads in HeadsOf(input.shape[2]) select new Settings(heads, gelu);
        if (_settings is null)
        {
            Tensor random = RandomSequence(4, 2, input.shape[2]);
            _settings = Find(
                candidates,
                s => Encode(s, null, input, mask, padding),
                output,
                s => Encode(s, null, random, null, null),
                () => Module is TransformerEncoderLayer layer ? layer.forward(random) : ((TransformerEncoder)Module).forward(random, null!, null!));
        }

        return _settings is null ? output : Encode(_settings, recorder, input, mask, padding);
    }

    private Tensor Encode(Settings settings, Recorder? recorder, Tensor input, Tensor? mask, Tensor? padding)
    {
        if (Module is TransformerEncoderLayer)
        {
            return EncodeLayer(settings, recorder, "", input, mask, padding);
        }

        Tensor x = input;
        for (int i = 0; OptionalParameter($"layers.{i}.linear1.weight") is not null; i++)
        {
            x = EncodeLayer(settings, recorder, $"layers.{i}.", x, mask, padding);
        }

        return x;
    }

    private Tensor EncodeLayer(Settings settings, Recorder? recorder, string prefix, Tensor x, Tensor? mask, Tensor? padding)
    {
        Tensor attended = Attend(recorder, prefix + "self_attn.", settings.Heads, zeroAttention: false, new AttentionInputs(x, x, x, padding, mask)).Output;
        x = LayerNormalized(recorder, x + attended, prefix + "norm1");
        Tensor hidden = Linear(recorder, x, prefix + "linear1.weight", prefix + "linear1.bias");
        hidden = settings.Gelu ? nn.functional.gelu(hidden) : hidden.relu();
        return LayerNormalized(recorder, x + Linear(recorder, hidden, prefix + "linear2.weight", prefix + "linear2.bias"), prefix + "norm2");
    }
}
