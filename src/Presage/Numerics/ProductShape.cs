namespace Presage.Numerics;

/// <summary>
/// The shape of N products G_n = Σ_t δ_nt a_ntᵀ (O × I), and where their deltas lie: δ[n, t, o] at
/// n·ExampleStride + t·PositionStride + o·OutputStride.
/// </summary>
/// <param name="Examples">N.</param>
/// <param name="Positions">T, the positions summed over.</param>
/// <param name="Outputs">O, the rows of a product.</param>
/// <param name="Entries">I, its columns: the weights of one output.</param>
/// <param name="ExampleStride">From one example's deltas to the next one's.</param>
/// <param name="PositionStride">From one position's deltas to the next one's.</param>
/// <param name="OutputStride">From one output's deltas to the next one's.</param>
internal readonly record struct ProductShape(
    int Examples, int Positions, int Outputs, int Entries, long ExampleStride, long PositionStride, long OutputStride)
{
    /// <summary>
    /// Values from the first example's on, where the examples' values lie between each other's (a sequence first layout, T × N × I); null where each
    /// example has its own.
    /// </summary>
    public long? AllValues { get; init; }

    /// <summary>Numbers of a product, O·I.</summary>
    public int Size => checked(Outputs * Entries);

    /// <summary>N·T·O·I.</summary>
    public double Multiplications => (double)Examples * Positions * Outputs * Entries;

    /// <summary>Whether there is nothing to add.</summary>
    public bool IsEmpty => Multiplications == 0;

    /// <summary>A linear layer over T positions, deltas (N, T, O) without gaps.</summary>
    public static ProductShape Linear(int examples, int positions, int outputs, int entries) =>
        new(examples, positions, outputs, entries, (long)positions * outputs, outputs, 1);

    /// <summary>A convolution without groups, deltas (N, O, T) without gaps.</summary>
    public static ProductShape Convolution(int examples, int positions, int outputs, int entries) =>
        new(examples, positions, outputs, entries, (long)positions * outputs, 1, positions);

    /// <exception cref="ArgumentException">A size is negative, or the offsets do not match it or reach beyond an example's values.</exception>
    public void Check(long valuesPerExample, ReadOnlySpan<int> positionOffsets, ReadOnlySpan<int> entryOffsets)
    {
        if (Examples < 0 || Outputs < 0 || Positions != positionOffsets.Length || Entries != entryOffsets.Length)
        {
            throw new ArgumentException(
                $"Expected {Examples} examples, {Outputs} outputs, {Positions} positions and {Entries} entries, none negative, but got "
                + $"{positionOffsets.Length} offsets of positions and {entryOffsets.Length} of entries.",
                nameof(positionOffsets));
        }

        var (firstPosition, lastPosition) = RangeOf(positionOffsets);
        var (firstEntry, lastEntry) = RangeOf(entryOffsets);
        long reach = (AllValues is null ? 0 : (Examples - 1) * valuesPerExample) + lastPosition + lastEntry;
        if (!IsEmpty && (Math.Min(firstPosition, firstEntry) < 0 || reach >= (AllValues ?? valuesPerExample)))
        {
            throw new ArgumentException(
                $"Expected offsets into {AllValues ?? valuesPerExample} values, but positions lie at {firstPosition} to {lastPosition} and entries at "
                + $"{firstEntry} to {lastEntry}.",
                nameof(positionOffsets));
        }
    }

    private static (int Least, int Largest) RangeOf(ReadOnlySpan<int> offsets)
    {
        var (least, largest) = (int.MaxValue, int.MinValue);
        foreach (int offset in offsets)
        {
            least = Math.Min(least, offset);
            largest = Math.Max(largest, offset);
        }

        return (least, largest);
    }
}

/// <summary>What a product is formed of.</summary>
/// <remarks>The table of entries is a tile longer than the shape says.</remarks>
internal readonly unsafe struct ProductJob<T>(ProductShape shape, T* values, long valuesPerExample, int* positions, int* entries, T* deltas)
    where T : unmanaged
{
    public readonly ProductShape Shape = shape;
    public readonly long ValuesPerExample = valuesPerExample;
    public readonly int* Positions = positions;
    public readonly int* Entries = entries;

    public T* ValuesOf(int example) => values + example * ValuesPerExample;

    public T* DeltasOf(int example, int output) => deltas + example * Shape.ExampleStride + output * Shape.OutputStride;
}

/// <summary>Where moments are added to: Σ_n G_n, Σ_n G_n², Σ_n sign(G_n) or null (O·I each), and squared norms (N).</summary>
internal readonly unsafe struct ProductMoments(double* sum, double* sumOfSquares, int* signSum, double* squaredNorms)
{
    public readonly double* Sum = sum;
    public readonly double* SumOfSquares = sumOfSquares;
    public readonly int* SignSum = signSum;
    public readonly double* SquaredNorms = squaredNorms;
}
