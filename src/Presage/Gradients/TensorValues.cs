using static TorchSharp.torch;

namespace Presage.Gradients;

internal static class TensorValues
{
    /// <summary>The tensor's numbers as float64, row-major.</summary>
    public static double[] ToDoubles(this Tensor tensor)
    {
        using Tensor values = tensor.detach().to(ScalarType.Float64).cpu().contiguous();
        return values.data<double>().ToArray();
    }

    /// <summary>The tensor's numbers as integers, row-major.</summary>
    public static int[] ToIntegers(this Tensor tensor)
    {
        using Tensor values = tensor.detach().to(ScalarType.Int32).cpu().contiguous();
        return values.data<int>().ToArray();
    }
}
