using System.Numerics;

namespace Presage.Kernels;

/// <summary>Some rows and columns of a kernel.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Rows">How many.</param>
/// <param name="Column">The first column.</param>
/// <param name="Columns">How many.</param>
internal readonly record struct KernelBlock(int Row, int Rows, int Column, int Columns)
{
    /// <summary>Whether the examples of the rows are those of the columns, where both are of one set.</summary>
    public bool IsOnDiagonal => (Row, Rows) == (Column, Columns);

    /// <summary>An array of its values.</summary>
    public T[] Array<T>() => new T[(nint)Rows * Columns];
}

/// <summary>
/// The kernel of one set of examples with itself, or of two sets, a block at a time: for kernels that are larger than memory, kept in files, or stopped on the way. What pairs
/// share is prepared once, and all blocks are over one power of two.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class KernelBlocks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Action<KernelBlock, T[]> _fill;

    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="exponent">Exponent of two that all values share.</param>
    /// <param name="fill">Computes a block's values, row-major.</param>
    internal KernelBlocks(int rows, int columns, int exponent, Action<KernelBlock, T[]> fill) =>
        (Rows, Columns, Exponent, _fill) = (rows, columns, exponent, fill);

    /// <summary>Examples of the rows.</summary>
    public int Rows { get; }

    /// <summary>Examples of the columns.</summary>
    public int Columns { get; }

    /// <summary>Exponent of two that all values share: 0 unless the largest would leave the range of 2^±64.</summary>
    public int Exponent { get; }

    /// <summary>Some rows and columns. Of a set with itself a block whose rows are its columns takes half the time, as each pair is computed once.</summary>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many, at least 1.</param>
    /// <param name="column">The first column.</param>
    /// <param name="columns">How many, at least 1.</param>
    /// <returns>The kernel over 2^<see cref="Exponent"/> (rows, columns), row-major.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The block is empty or not within the kernel.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public T[] Block(int row, int rows, int column, int columns)
    {
        RequireWithin(row, rows, Rows, nameof(row));
        RequireWithin(column, columns, Columns, nameof(column));
        var block = new KernelBlock(row, rows, column, columns);
        var values = block.Array<T>();
        _fill(block, values);
        return values;
    }

    /// <summary>All of it.</summary>
    internal KernelMatrix<T> Whole() => new(Rows, Columns, Block(0, Rows, 0, Columns), Exponent);

    private static void RequireWithin(int first, int count, int all, string name)
    {
        if (first < 0 || count < 1 || first > all - count)
        {
            throw new ArgumentOutOfRangeException(name, $"Expected a part of the {all} from 0, got {count} from {first}.");
        }
    }
}
