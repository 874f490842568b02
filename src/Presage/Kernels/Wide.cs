namespace Presage.Kernels;

/// <summary>A number with an exponent of its own: Value·2^Exponent, the exponent 0 unless the value would leave 2^±256.</summary>
internal readonly record struct Wide(double Value, int Exponent)
{
    // Squares of values then stay within float64.
    private const int Widest = 256;

    // Less than this beside a number is rounded away.
    private const int Negligible = 200;

    /// <summary>ln of the number's magnitude.</summary>
    public double Log => Math.Log(Math.Abs(Value)) + (Exponent * Math.Log(2));

    /// <summary>The number over 2^exponent; 0 or infinity where that is out of range.</summary>
    public double Over(int exponent) => Math.ScaleB(Value, Exponent - exponent);

    public static Wide operator *(double factor, Wide number) => Normal(factor * number.Value, number.Exponent);

    public static Wide operator +(Wide left, Wide right)
    {
        if (left.Value == 0 || right.Value == 0)
        {
            return left.Value == 0 ? right : left;
        }

        (Wide large, Wide small) = left.Log >= right.Log ? (left, right) : (right, left);
        int exponent = large.Exponent;
        return Math.Abs((double)small.Exponent - exponent) > 3 * (Widest + Negligible)
            ? large
            : Normal(large.Value + Math.ScaleB(small.Value, small.Exponent - exponent), exponent);
    }

    public static Wide Normal(double value, int exponent)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return new Wide(value, 0);
        }

        int magnitude = Math.ILogB(value);
        int whole = magnitude + exponent;
        if (Math.Abs(whole) <= Widest)
        {
            return new Wide(Math.ScaleB(value, exponent), 0);
        }

        return Math.Abs(magnitude) > Widest || exponent == 0 ? new Wide(Math.ScaleB(value, -magnitude), whole) : new Wide(value, exponent);
    }
}
