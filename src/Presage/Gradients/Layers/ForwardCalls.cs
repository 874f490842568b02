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
        foreach (nn.Module owner in modules.Where(m => m.GetType().Assembly != typeof(nn.Module).Assembly))
        {
            foreach (FieldInfo field in FieldsOf(owner.GetType()).Where(f => f.FieldType == typeof(nn.Module<Tensor, Tensor>) || f.FieldType == typeof(nn.IModule<Tensor, Tensor>)))
            {
                if (field.GetValue(owner) is nn.Module<Tensor, Tensor> layer && watched.Contains(layer))
                {
                    var instead = new CallInstead(layer.call);
                    field.SetValue(owner, instead);
                    _replaced.Add((field, owner, layer, instead));
                }
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

    private static IEnumerable<FieldInfo> FieldsOf(Type? type)
    {
        for (; type is not null && type.Assembly != typeof(nn.Module).Assembly; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    // Holds no module, so that disposing of it does not dispose of the layer.
    private sealed class CallInstead(Func<Tensor, Tensor> invoke) : nn.Module<Tensor, Tensor>(nameof(CallInstead))
    {
        public override Tensor forward(Tensor input) => invoke(input);
    }
}
