using System.Reflection;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// Lets hooks see layers that a model's own code invokes by forward(), which fires none: until disposed, fields of its modules whose type is
/// Module&lt;Tensor, Tensor&gt; hold, in a layer's place, one that invokes the layer by call(). A field of the layer's own type cannot; such a layer
/// stays unseen.
/// </summary>
internal sealed class ForwardCalls : IDisposable
{
    private readonly List<(FieldInfo Field, nn.Module Owner, nn.Module Layer, CallInstead Instead)> _replaced = [];

    public ForwardCalls(IEnumerable<nn.Module> modules, IEnumerable<nn.Module> layers)
    {
        HashSet<nn.Module> watched = new(layers.OfType<nn.Module<Tensor, Tensor>>(), ReferenceEqualityComparer.Instance);
        foreach (var (field, owner, value) in ModelFields.Of(modules, typeof(nn.Module<Tensor, Tensor>), typeof(nn.IModule<Tensor, Tensor>)))
        {
            if (value is nn.Module<Tensor, Tensor> layer && watched.Contains(layer))
            {
                var instead = new CallInstead(layer.call);
                field.SetValue(owner, instead);
                _replaced.Add((field, owner, layer, instead));
            }
        }
    }

    public void Dispose()
    {
        foreach (var (field, owner, layer, instead) in _replaced)
        {
            field.SetValue(owner, layer);
            instead.Dispose();
        }

        _replaced.Clear();
    }

    // Holds no module, so that disposing of it does not dispose of the layer.
    private sealed class CallInstead(Func<Tensor, Tensor> invoke) : nn.Module<Tensor, Tensor>(nameof(CallInstead))
    {
        public override Tensor forward(Tensor input) => invoke(input);
    }
}
