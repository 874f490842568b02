using Presage.Gradients.Uses;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>A parameter's use, by the parameter's index in <see cref="ModelParameters"/>.</summary>
internal readonly record struct IndexedUse(int Parameter, ParameterUse Use);

/// <summary>How one kind of layer gets per-example gradients from what it was given and what came back.</summary>
internal abstract class LayerRule(nn.Module module, ModelParameters parameters, string path)
{
    public nn.Module Module { get; } = module;

    public string Path { get; } = path;

    /// <summary>The indices of the trained parameters that the rule may explain.</summary>
    public virtual IEnumerable<int> Parameters => Module.named_parameters().Select(p => Index(p.name)).OfType<int>();

    /// <summary>How the rule forms gradients.</summary>
    public virtual CoverageMethod Method => CoverageMethod.ClosedForm;

    /// <summary>Where the layer's tensors hold the examples.</summary>
    public ExampleLayout Layout { get; set; }

    /// <summary>How what the layer gives, the same for all examples, is copied for each; null where it is not.</summary>
    public Expansion? Expansion { get; set; }

    /// <summary>Whether the model overwrites the layer's output, so that it has to go on with a copy.</summary>
    public bool OutputIsOverwritten { get; set; }

    /// <summary>Why the rule cannot be used after all; null where it can.</summary>
    public string? Unusable { get; protected set; }

    /// <summary>Has the recorder told of the layer's calls, until the returned action is called.</summary>
    public abstract Action Watch(Recorder recorder);

    /// <summary>Prepares a run of the model; the returned action ends it.</summary>
    public virtual Action Run(Recorder recorder) => () => { };

    /// <summary>The index of one of the layer's parameters; null where it is frozen or missing.</summary>
    protected int? Index(string name) => parameters.IndexOf(LayerNames.Join(Path, name));

    /// <summary>A use of a parameter, made only where the parameter is trained.</summary>
    protected IEnumerable<IndexedUse> Use(string name, Func<ParameterUse> use)
    {
        if (Index(name) is { } index)
        {
            yield return new IndexedUse(index, use());
        }
    }
}

/// <summary>A layer with one input and one output, both of which hold examples in the same way.</summary>
internal abstract class UnaryRule(nn.Module<Tensor, Tensor> module, ModelParameters parameters, string path) : LayerRule(module, parameters, path)
{
    public override Action Watch(Recorder recorder) =>
        module.register_forward_hook((_, input, output) => recorder.Record(this, output, [input], Uses)).remove;

    /// <summary>The uses of a call with the given inputs (N, r, …) and delta (N, r, …).</summary>
    protected abstract IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta);
}
