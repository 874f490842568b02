using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Batch normalization without weights, Dropout, and two layers: (N, 4) to (N, 3).</summary>
internal sealed class MonitoredNetwork : nn.Module<Tensor, Tensor>
{
    public readonly Linear fc1 = nn.Linear(4, 8);
    public readonly BatchNorm1d weightless = nn.BatchNorm1d(8, affine: false);
    public readonly Dropout dropout = nn.Dropout(0.3);
    public readonly Linear fc2 = nn.Linear(8, 3);

    public MonitoredNetwork()
        : base(nameof(MonitoredNetwork)) => RegisterComponents();

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return fc2.call(dropout.call(weightless.call(fc1.call(input)).relu())).MoveToOuterDisposeScope();
    }
}
