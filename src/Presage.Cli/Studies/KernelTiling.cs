using System.Numerics;
using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>Where a tile is in a kernel.</summary>
/// <param name="IsTest">Whether its rows are test examples.</param>
/// <param name="Row">The first row.</param>
/// <param name="Rows">How many.</param>
/// <param name="Column">The first column.</param>
/// <param name="Columns">How many.</param>
internal readonly record struct KernelTilePlace(bool IsTest, int Row, int Rows, int Column, int Columns)
{
    public bool IsOnDiagonal => !IsTest && Row == Column;

    /// <summary>Pairs that are computed.</summary>
    public double Pairs => (double)Rows * Columns / (IsOnDiagonal ? 2 : 1);

    /// <summary>The tiles of a kernel, of a symmetric one those at and below the diagonal.</summary>
    /// <param name="isTest">Whether rows are test examples, and the kernel not symmetric.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="side">Rows and columns of a tile.</param>
    public static IEnumerable<KernelTilePlace> All(bool isTest, int rows, int columns, int side)
    {
        for (int row = 0; row < rows; row += side)
        {
            for (int column = 0; column < (isTest ? columns : row + 1); column += side)
            {
                yield return new KernelTilePlace(isTest, row, Math.Min(side, rows - row), column, Math.Min(side, columns - column));
            }
        }
    }
}

/// <summary>Computes a kernel tile by tile, or takes tiles from where they are kept.</summary>
internal static class KernelTiling
{
    /// <summary>Goes through all tiles.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="train">The training set's kernel.</param>
    /// <param name="test">The kernel of test and training examples; null for none.</param>
    /// <param name="side">Rows and columns of a tile.</param>
    /// <param name="store">Where tiles are kept; null for nowhere.</param>
    /// <param name="onTile">Takes each tile; null where keeping them is all.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it between two tiles.</param>
    public static void Run<T>(
        KernelBlocks<T> train,
        KernelBlocks<T>? test,
        int side,
        KernelStore? store,
        Action<KernelTilePlace, T[]>? onTile,
        Action<double> onProgress,
        CancellationToken cancellation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        KernelTilePlace[] places =
        [
            .. KernelTilePlace.All(false, train.Rows, train.Columns, side),
            .. test is null ? [] : KernelTilePlace.All(true, test.Rows, test.Columns, side),
        ];
        double all = places.Sum(place => place.Pairs);
        double done = 0;
        foreach (KernelTilePlace place in places)
        {
            cancellation.ThrowIfCancellationRequested();
            bool isKept = store?.Has(place) == true;
            if (!isKept || onTile is not null)
            {
                T[] values = isKept ? store!.Read<T>(place) : (place.IsTest ? test! : train).Block(place.Row, place.Rows, place.Column, place.Columns);
                if (!isKept)
                {
                    store?.Keep(place, values);
                }

                onTile?.Invoke(place, values);
            }

            done += place.Pairs;
            onProgress(done / all);
        }
    }
}
