using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>A scale and a number of its own, the scale out of reach of every rule, beside layers that rules cover: (N, 2, 5) to (N, 3).</summary>
internal sealed class WithFallback : nn.Module<Tensor, Tensor>
{
    private readonly Parameter[] own = [nn.Parameter(ones(6, dtype: ScalarType.Float64))];
    private readonly Parameter temperature = nn.Parameter(tensor(1.5, dtype: ScalarType.Float64));
    private readonly Linear inner = nn.Linear(5, 6, dtype: ScalarType.Float64);
    private readonly Conv1d conv = nn.Conv1d(2, 4, 3, dtype: ScalarType.Float64);
    private readonly Linear outer = nn.Linear(16, 3, dtype: ScalarType.Float64);

    public WithFallback()
        : base("WithFallback")
    {
        RegisterComponents();
        register_parameter("scale", own[0]);
    }

    public override Tensor forward(Tensor input) => outer.call(conv.call(inner.call(input) * own[0]).tanh().flatten(1)) * temperature;
}
