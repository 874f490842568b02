using System.Reflection;
using System.Runtime.CompilerServices;
using Presage.Gradients.Uses;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// A parameter that a model's own code uses: while the model runs, the fields that hold it hold one copy an example, where that is found to change
/// nothing.
/// </summary>
internal sealed class OwnParameterRule : LayerRule
{
    private readonly int _index;
    private readonly Parameter _parameter;
    private readonly List<(FieldInfo Field, nn.Module Owner)> _fields;

    private OwnParameterRule(nn.Module module, ModelParameters parameters, string path, int index, List<(FieldInfo Field, nn.Module Owner)> fields)
        : base(module, parameters, path) => (_index, _parameter, _fields) = (index, parameters.All[index].Tensor, fields);

    public override IEnumerable<int> Parameters => [_index];

    /// <summary>The rules of the parameters that fields of the model's own modules hold.</summary>
    public static IEnumerable<OwnParameterRule> For(ModelParameters parameters)
    {
        var fields = ModelFields.Of(parameters.Modules.Select(m => m.Module), typeof(Parameter)).ToList();
        foreach (var (parameter, index) in parameters.All.Select((p, i) => (p, i)))
        {
            List<(FieldInfo, nn.Module)> own = [.. fields.Where(f => f.Value is Parameter { IsInvalid: false } held && held.Handle == parameter.Tensor.Handle).Select(f => (f.Field, f.Owner))];
            if (own.Count > 0)
            {
                yield return new OwnParameterRule(parameter.Module, parameters, "", index, own);
            }
        }
    }

    public override Action Watch(Recorder recorder) => () => { };

    public override Action Run(Recorder recorder)
    {
        if (Expansion is not { } expansion)
        {
            return () => { };
        }

        Parameter copies = Copies(expansion, recorder);
        recorder.RecordInside(this, copies, [], (_, delta) => [new IndexedUse(_index, new DenseUse(expansion.Arrange(delta)))]);
        _fields.ForEach(f => f.Field.SetValue(f.Owner, copies));
        return () => _fields.ForEach(f => f.Field.SetValue(f.Owner, _parameter));
    }

    private Parameter Copies(Expansion expansion, Recorder recorder)
    {
        using var grad = no_grad();
        Tensor copies = expansion.Expand(_parameter, recorder.Examples).clone();
        copies.requires_grad = !recorder.IsCutting;
        return (Parameter)recorder.Own(ParameterOf(copies.DetachFromDisposeScope().DecoupleFromNativeHandle()));
    }

    // The public constructor would have TorchSharp count a live tensor for ever.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern Parameter ParameterOf(IntPtr handle);
}
