using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>A model of some modules and a function, as somebody would write a Module class.</summary>
internal sealed class ComposedModel : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> _forward;

    public ComposedModel(Func<Tensor, Tensor> forward, params (string Name, nn.Module Module)[] modules)
        : base("Composed")
    {
        _forward = forward;
        foreach (var (name, module) in modules)
        {
            register_module(name, module);
        }
    }

    public override Tensor forward(Tensor input) => _forward(input);
}
