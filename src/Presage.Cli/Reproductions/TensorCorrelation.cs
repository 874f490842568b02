using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How tensors lie to each other.</summary>
internal static class TensorCorrelation
{
    /// <summary>Pearson correlation over all entries; 0 where one of the two does not vary.</summary>
    public static double Pearson(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        Tensor a = x - x.mean();
        Tensor b = y - y.mean();
        double size = Math.Sqrt(a.square().sum().item<double>() * b.square().sum().item<double>());
        return size == 0 ? 0 : (a * b).sum().item<double>() / size;
    }
}
