using static TorchSharp.torch;

namespace Presage.Cli.Commands;

/// <summary>Where to compute.</summary>
internal static class Devices
{
    /// <exception cref="BadInputException">CUDA is asked for and not to be had.</exception>
    public static Device For(string name)
    {
        if (!string.Equals(name, "cuda", StringComparison.Ordinal))
        {
            return CPU;
        }

        if (!cuda_is_available())
        {
            throw new BadInputException(
                $"--device cuda needs an NVIDIA GPU and TorchSharp's CUDA package ({(OperatingSystem.IsWindows() ? "TorchSharp-cuda-windows" : "TorchSharp-cuda-linux")}): "
                + "build with -p:PresageDevice=cuda, or use --device cpu.");
        }

        return CUDA;
    }
}
