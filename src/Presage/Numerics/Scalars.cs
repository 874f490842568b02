using TorchSharp;

namespace Presage.Numerics;

/// <summary>
/// Numbers that tensors are combined with, kept for good: TorchSharp turns a plain number into an object that the garbage collector may take
/// while libtorch still reads it, which ends in a wrong result or a crash, seldom and without a pattern.
/// </summary>
internal static class Scalars
{
    public static Scalar Zero { get; } = 0.0;

    public static Scalar One { get; } = 1.0;

    public static Scalar NegativeInfinity { get; } = double.NegativeInfinity;
}
