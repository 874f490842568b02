using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Numerics;

/// <summary>
/// Has a GPU compute float32 convolutions and products in float32 while it lives: cuDNN otherwise takes TF32, whose ten bits left single entries of
/// squared gradients 2 % off on an H100. What the user has set is put back when it is disposed of. Nothing is changed for the CPU.
/// </summary>
internal sealed class FullPrecision : IDisposable
{
    private readonly bool _convolutions;
    private readonly bool _products;
    private readonly bool _isNeeded;

    /// <param name="model">The network that is to be run.</param>
    public FullPrecision(nn.Module model)
    {
        _isNeeded = IsOnGpu(model);
        if (_isNeeded)
        {
            (_convolutions, _products) = (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32);
            Set(false, false);
        }
    }

    /// <summary>Whether a parameter of the model is elsewhere than in the CPU's memory.</summary>
    public static bool IsOnGpu(nn.Module model) => model.parameters().Any(parameter => parameter.device_type != DeviceType.CPU);

    public void Dispose()
    {
        if (_isNeeded)
        {
            Set(_convolutions, _products);
        }
    }

    private static void Set(bool convolutions, bool products) => (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32) = (convolutions, products);
}
