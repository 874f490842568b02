using System.Globalization;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>The cells of a table of networks, read column by column.</summary>
/// <param name="File">The file, as sentences call it.</param>
/// <param name="Rows">A row a network, with its line in the file.</param>
internal sealed record NetworkTableCells(string File, IReadOnlyList<(int Line, string[] Cells)> Rows)
{
    public int Count => Rows.Count;

    /// <summary>Words, none empty.</summary>
    public string[] Words(NetworkTableColumn column) => Each(column, "a value", text => text.Length > 0 ? text : null);

    /// <summary>Shares in [0, 1].</summary>
    public double[] Shares(NetworkTableColumn column) => Numbers(column, "a share from 0 to 1", value => value is >= 0 and <= 1);

    /// <summary>Whole numbers from 1.</summary>
    public double[] Counts(NetworkTableColumn column) => Numbers(column, "a whole number from 1", value => value >= 1 && value == Math.Floor(value));

    /// <summary>Whether each is 1 and not 0.</summary>
    public bool[] Flags(NetworkTableColumn column) => [.. Numbers(column, "1 or 0", value => value is 0 or 1).Select(value => value == 1)];

    /// <summary>Finite numbers; null for an empty cell.</summary>
    public double?[] NumbersOrNone(NetworkTableColumn column) =>
        [.. Each(column, "a finite number, or nothing where it was not computed", text => text.Length == 0 ? double.NaN : Number(text)).Select(value => double.IsNaN(value) ? (double?)null : value)];

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    private double[] Numbers(NetworkTableColumn column, string expected, Func<double, bool> isGood) =>
        Each(column, expected, text => Number(text) is { } value && isGood(value) ? value : (double?)null);

    private string[] Each(NetworkTableColumn column, string expected, Func<string, string?> read) =>
        [.. Rows.Select(row => read(row.Cells[column.Place]) ?? throw Wrong(row, column, expected))];

    private double[] Each(NetworkTableColumn column, string expected, Func<string, double?> read) =>
        [.. Rows.Select(row => read(row.Cells[column.Place]) ?? throw Wrong(row, column, expected))];

    private BadInputException Wrong((int Line, string[] Cells) row, NetworkTableColumn column, string expected)
    {
        string got = row.Cells[column.Place];
        return new BadInputException(Invariant($"{File}, line {row.Line}, column '{column.Name}': expected {expected}, but got {(got.Length == 0 ? "nothing" : $"'{NetworkTableFile.Excerpt(got)}'")}."));
    }
}
