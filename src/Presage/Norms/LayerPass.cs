using Presage.Gradients.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A layer's call in a run of the model, in float64.</summary>
/// <param name="Index">Its place in the order of calls.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Inputs">What it was given.</param>
/// <param name="Own">What the module itself made of that, in the type of its own weights; null where that was not asked for.</param>
internal sealed record LayerCall(int Index, NetworkLayer Layer, IReadOnlyList<Tensor> Inputs, Tensor? Own);

/// <summary>
/// Runs a model in float64 without touching it: the model's code computes all that lies between layers, on float64 tensors, and what it gets in place of a
/// layer's output is computed elsewhere. The layers themselves run too, in the type of their weights, on one example where nobody asks for what they give.
/// </summary>
internal sealed class LayerPass : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly IReadOnlyList<NetworkLayer> _layers;
    private readonly List<Action> _stopWatching = [];
    private readonly ForwardCalls _forwardCalls;
    private readonly Dictionary<NetworkLayer, Tensor[]> _entered = new(ReferenceEqualityComparer.Instance);
    private Func<LayerCall, Tensor>? _compute;
    private DisposeScope? _scope;
    private bool _asksOwn;
    private int _calls;

    public LayerPass(nn.Module<Tensor, Tensor> model, IReadOnlyList<NetworkLayer> layers)
    {
        (_model, _layers) = (model, layers);
        _stopWatching.AddRange(layers.SelectMany(layer => layer.Watch(Enter, Leave)));
        _forwardCalls = new ForwardCalls(model.modules().Append(model), layers.Where(l => l is not OwnLayer).Select(l => l.Module));
    }

    /// <summary>Runs the model; the result, and what <paramref name="compute"/> gives, belong to <paramref name="scope"/>.</summary>
    /// <param name="scope">What the tensors belong to.</param>
    /// <param name="inputs">Inputs of the model.</param>
    /// <param name="compute">What stands in for a layer's output.</param>
    /// <param name="asksOwn">Whether calls tell what the modules themselves give.</param>
    public Tensor Run(DisposeScope scope, Tensor inputs, Func<LayerCall, Tensor> compute, bool asksOwn = false)
    {
        (_scope, _compute, _asksOwn, _calls) = (scope, compute, asksOwn, 0);
        _entered.Clear();
        try
        {
            return Own(_model.call(Copy(inputs)));
        }
        catch (Exception exception) when (exception is not (NotHomogeneousException or NumericalException or OperationCanceledException))
        {
            string message = exception.Message.Split('\n')[0];
            string[] unseen = [.. _layers.Where(l => !_entered.ContainsKey(l)).Select(l => $"'{l.Name}'")];
            throw new NotHomogeneousException(
                $"The network does not run with its layers computed in float64, which takes that every layer is invoked by call(){(unseen.Length > 0 ? $", and {string.Join(", ", unseen)} had not been by then" : "")}: {message}",
                exception);
        }
        finally
        {
            (_scope, _compute) = (null, null);
        }
    }

    /// <summary>Takes a tensor out of whatever scope the model's own code runs in.</summary>
    public Tensor Own(Tensor tensor)
    {
        _scope!.Attach(tensor.DetachFromDisposeScope());
        return tensor;
    }

    public void Dispose()
    {
        _forwardCalls.Dispose();
        _stopWatching.ForEach(stop => stop());
    }

    private Tensor[] Enter(NetworkLayer layer, Tensor[] inputs)
    {
        if (_scope is null)
        {
            return inputs;
        }

        _entered[layer] = [.. inputs.Select(i => Own(Copy(i)))];
        ScalarType type = layer.Type;
        bool isShortened = !_asksOwn && inputs.All(layer.IsBatch);
        return [.. inputs.Select(i => isShortened ? i.detach()[..1] : i.detach()).Select(i => i.is_floating_point() ? i.to(type) : i)];
    }

    private Tensor Leave(NetworkLayer layer, Tensor output)
    {
        if (_scope is null)
        {
            return output;
        }

        Tensor[] inputs = _entered[layer];
        return Own(_compute!(new LayerCall(_calls++, layer, inputs, _asksOwn ? Own(output.detach().clone()) : null))).clone();
    }

    // The model may dispose of what it gets, or write over it.
    private static Tensor Copy(Tensor tensor) => tensor.is_floating_point() ? tensor.to(ScalarType.Float64).clone() : tensor.clone();
}
