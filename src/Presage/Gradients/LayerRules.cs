using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>A layer to be measured: its name, its path in the model, module and rule.</summary>
internal sealed record MeasuredLayer(string Name, string Path, nn.Module<Tensor, Tensor> Module, ILayerRule Rule)
{
    public bool WeightIsTrained => Rule.Weight.requires_grad;

    public bool BiasIsTrained => Rule.Bias is { requires_grad: true };
}

/// <summary>Which rule covers which module; what no rule covers is an error that names it.</summary>
internal static class LayerRules
{
    /// <summary>The layers of <paramref name="model"/> that own trainable parameters.</summary>
    /// <exception cref="ArgumentException">A trainable parameter has no rule, is shared, or a module mixes examples.</exception>
    public static IReadOnlyList<MeasuredLayer> For(nn.Module<Tensor, Tensor> model)
    {
        List<(string Path, nn.Module Module)> modules = [("", model), .. model.named_modules().Where(m => m.name.Length > 0)];
        var layers = new List<MeasuredLayer>();
        var ownerOf = new Dictionary<IntPtr, string>();
        foreach (var (path, module) in modules)
        {
            string name = LayerNames.OfModule(model, path);
            RefuseBatchStatistics(name, module);
            ILayerRule? rule = module switch
            {
                Linear linear => new LinearRule(linear),
                Conv2d convolution => new Conv2dRule(convolution),
                _ => null,
            };
            foreach (var (parameterName, parameter) in module.named_parameters(recurse: false).Where(p => p.parameter.requires_grad))
            {
                string where = $"Parameter '{LayerNames.Join(path, parameterName)}' of {module.GetName()} '{name}'";
                if (rule is null)
                {
                    throw new ArgumentException(
                        $"{where} cannot be measured: closed forms exist for Linear and Conv2d. Freeze it (requires_grad = false) to leave it out, "
                        + $"or use {nameof(PerExampleLoop)}, which is exact for any layer but takes one example at a time.",
                        nameof(model));
                }

                if (!ownerOf.TryAdd(parameter.Handle, name))
                {
                    throw new ArgumentException(
                        $"{where} is shared with '{ownerOf[parameter.Handle]}': the gradients of its uses would have to be added before they are "
                        + $"squared, which is not done yet; use {nameof(PerExampleLoop)}.",
                        nameof(model));
                }
            }

            if (rule is not null && (rule.Weight.requires_grad || rule.Bias is { requires_grad: true }))
            {
                layers.Add(new MeasuredLayer(name, path, (nn.Module<Tensor, Tensor>)module, rule));
            }
        }

        return layers.Count > 0 ? layers : throw new ArgumentException("The model has no trainable parameter to measure.", nameof(model));
    }

    private static void RefuseBatchStatistics(string name, nn.Module module)
    {
        if (module is BatchNorm1d or BatchNorm2d or BatchNorm3d && module.training)
        {
            throw new ArgumentException(
                $"{module.GetName()} '{name}' is in training mode and mixes the examples of a batch: no example has a gradient of its own. "
                + "Measure in evaluation mode (model.eval()).",
                nameof(module));
        }
    }
}
