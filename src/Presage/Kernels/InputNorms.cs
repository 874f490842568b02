using System.Numerics;

namespace Presage.Kernels;

/// <summary>Norms of inputs and how far two point apart, in float64.</summary>
internal static class InputNorms
{
    /// <summary>‖x‖².</summary>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public static double Squared<T>(ReadOnlySpan<T> input)
        where T : unmanaged, IFloatingPoint<T>
    {
        double sum = 0;
        foreach (T value in input)
        {
            double v = double.CreateTruncating(value);
            sum += v * v;
        }

        return double.IsFinite(sum) ? sum : throw new ArgumentException("Expected inputs of finite numbers whose squares do not overflow.", nameof(input));
    }

    /// <summary>1 − cos of the angle between two inputs, as half the squared distance of their directions: relatively accurate where they are alike.</summary>
    public static double Epsilon<T>(ReadOnlySpan<T> input, ReadOnlySpan<T> other, double inverse, double otherInverse)
        where T : unmanaged, IFloatingPoint<T>
    {
        double sum = 0;
        for (int k = 0; k < input.Length; k++)
        {
            double difference = (double.CreateTruncating(input[k]) * inverse) - (double.CreateTruncating(other[k]) * otherInverse);
            sum += difference * difference;
        }

        return Math.Min(2, sum / 2);
    }
}
