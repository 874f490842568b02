using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Which rule covers which module.</summary>
internal static class LayerRules
{
    /// <summary>The rules of the modules that own trainable parameters and are covered, a shared module once, and those of a model's own parameters.</summary>
    public static IReadOnlyList<LayerRule> For(ModelParameters parameters)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        return
        [
            .. OwnParameterRule.For(parameters),
            .. parameters.Modules.Where(m => parameters.Owners.Contains(m.Module) && seen.Add(m.Module)).Select(m => For(m.Module, parameters, m.Path)).OfType<LayerRule>(),
        ];
    }

    /// <summary>The modules that mix the examples of a batch, so that no example has a gradient of its own.</summary>
    public static IReadOnlyList<(string Path, nn.Module Module)> Mixing(ModelParameters parameters) =>
        [.. parameters.Modules.Where(m => m.Module is BatchNorm layer && (layer.training || !layer.track_running_stats))];

    /// <summary>Whether a rule explains a parameter of a module through a call that it records, so that any other use can be told from that one.</summary>
    public static bool Records(nn.Module module, string parameter) =>
        module is not (RNN or LSTM or GRU) || !parameter.Contains("_hh_l", StringComparison.Ordinal);

    private static LayerRule? For(nn.Module module, ModelParameters parameters, string path) => module switch
    {
        Linear layer => new LinearRule(layer, parameters, path),
        Bilinear layer => new BilinearRule(layer, parameters, path),
        ConvolutionTranspose layer => new ConvolutionTransposeRule(layer, parameters, path),
        Convolution layer => new ConvolutionRule(layer, parameters, path),
        Embedding layer => new EmbeddingRule(layer, parameters, path),
        EmbeddingBag layer => new EmbeddingBagRule(layer, parameters, path),
        PReLU layer => new PReluRule(layer, parameters, path),
        RNN or LSTM or GRU => new RecurrentRule(module, parameters, path),
        MultiheadAttention layer => new MultiheadAttentionRule(layer, parameters, path),
        TransformerEncoderLayer or TransformerEncoder => new TransformerEncoderRule(module, parameters, path),
        _ => NormalizationRules.For(module, parameters, path),
    };
}
