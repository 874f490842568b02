using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>What one layer was given and gave in one forward pass.</summary>
internal readonly record struct LayerPass(Tensor Input, Tensor Output);

/// <summary>Watches layers through forward hooks and remembers their inputs and outputs until told to forget.</summary>
internal sealed class LayerCapture : IDisposable
{
    private readonly List<Action> _removeHooks = [];
    private readonly Dictionary<MeasuredLayer, LayerPass> _passes = [];
    private readonly HashSet<MeasuredLayer> _calledTwice = [];
    private readonly IReadOnlyList<MeasuredLayer> _layers;
    private DisposeScope? _owner;

    public LayerCapture(IReadOnlyList<MeasuredLayer> layers)
    {
        _layers = layers;
        foreach (MeasuredLayer layer in layers)
        {
            var remover = layer.Module.register_forward_hook((_, input, output) => Remember(layer, input, output));
            _removeHooks.Add(remover.remove);
        }
    }

    /// <summary>Runs the model on a chunk; the layers' passes belong to <paramref name="owner"/>.</summary>
    /// <exception cref="ArgumentException">A layer was not called, or more than once.</exception>
    public (Tensor Output, LayerPass[] Passes) Run(nn.Module<Tensor, Tensor> model, Tensor inputs, DisposeScope owner)
    {
        _owner = owner;
        _passes.Clear();
        _calledTwice.Clear();
        Tensor output = model.call(inputs);
        return (output, [.. _layers.Select(PassOf)]);
    }

    public void Dispose() => _removeHooks.ForEach(remove => remove());

    private LayerPass PassOf(MeasuredLayer layer)
    {
        string what = $"{layer.Module.GetName()} '{layer.Name}'";
        if (_calledTwice.Contains(layer))
        {
            throw new ArgumentException(
                $"{what} is called more than once in a forward pass: the gradients of its calls would have to be added before they are squared, "
                + $"which is not done yet; use {nameof(PerExampleLoop)}.",
                nameof(layer));
        }

        return _passes.TryGetValue(layer, out LayerPass pass)
            ? pass
            : throw new ArgumentException(
                $"{what} was not seen in the forward pass: either it is not used, or it is invoked by forward() instead of call(), which fires no "
                + "hook. Invoke it by call(), or freeze its parameters (requires_grad = false) to leave it out.",
                nameof(layer));
    }

    // Both tensors are taken out of whatever scope the model's own code runs in, and the model goes on with a copy of the output: an in-place
    // operation after the layer would otherwise change what the gradient is taken with respect to.
    private Tensor Remember(MeasuredLayer layer, Tensor input, Tensor output)
    {
        if (!_passes.ContainsKey(layer))
        {
            _passes.Add(layer, new LayerPass(Own(input.detach()), Own(output)));
        }
        else
        {
            _calledTwice.Add(layer);
        }

        return output.clone();
    }

    private Tensor Own(Tensor tensor)
    {
        _owner!.Attach(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
