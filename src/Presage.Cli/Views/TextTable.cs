using Spectre.Console;

namespace Presage.Cli.Views;

/// <summary>A table for people: framed on a terminal, in columns apart by blanks elsewhere.</summary>
internal static class TextTable
{
    /// <param name="columns">Heads of the columns.</param>
    /// <param name="rows">Cells, row by row.</param>
    public static void Print(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        if (!Console.IsOutputRedirected)
        {
            var table = new Table { Border = TableBorder.Rounded };
            foreach (var (column, place) in columns.Select((column, place) => (column, place)))
            {
                table.AddColumn(place == 0 ? new TableColumn(Markup.Escape(column)) : new TableColumn(Markup.Escape(column)).RightAligned());
            }

            foreach (IReadOnlyList<string> row in all)
            {
                table.AddRow([.. row.Select(Markup.Escape)]);
            }

            AnsiConsole.Write(table);
            return;
        }

        int[] widths = [.. columns.Select((column, place) => all.Select(row => row[place].Length).Append(column.Length).Max())];
        foreach (IReadOnlyList<string> row in all.Prepend(columns))
        {
            Console.WriteLine("  " + string.Join("  ", row.Select((cell, place) => place == 0 ? cell.PadRight(widths[place]) : cell.PadLeft(widths[place]))).TrimEnd());
        }
    }
}
