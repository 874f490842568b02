using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Presage.Rankings;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>
/// Reads a table of networks: lines <c># role: column, column</c>, a line of column names, and a row a network; comma, quotes as in RFC 4180. A sentence with
/// line and column says what is wrong with one.
/// </summary>
internal static class NetworkTableFile
{
    /// <summary>The table's name in a folder.</summary>
    public const string FileName = "networks.csv";

    /// <summary>Reads a table.</summary>
    /// <param name="path">A file, or a folder that holds one.</param>
    /// <param name="options">Roles that options declare.</param>
    /// <exception cref="BadInputException">It is not such a table.</exception>
    public static NetworkTable Read(string path, NetworkTableRoles options)
    {
        string file = PathOf(path);
        string[] lines = File.ReadAllLines(file);
        int head = lines.TakeWhile(line => line.StartsWith('#') || string.IsNullOrWhiteSpace(line)).Count();
        NetworkTableRoles inFile = Roles(file, lines[..head]);
        var rows = Rows(file, lines, head).ToList();
        if (rows.Count == 0)
        {
            throw new BadInputException($"{file} has no line of column names.");
        }

        string[] names = rows[0].Cells;
        CheckNames(file, rows[0].Line, names);
        var columns = new NetworkTableColumns(file, names, inFile, options);
        foreach (var (line, cells) in rows.Where(row => row.Cells.Length != names.Length))
        {
            throw new BadInputException(Invariant($"{file}, line {line}: expected {names.Length} cells, one a column, but got {cells.Length}."));
        }

        return Make(new NetworkTableCells(file, [.. rows.Skip(1)]), columns);
    }

    /// <summary>The columns of a list such as <c>a, "b, c", -d</c>.</summary>
    /// <param name="text">The list.</param>
    /// <param name="where">Where it stands, as a sentence calls it.</param>
    public static IReadOnlyList<string> List(string text, string where)
    {
        using var parser = new CsvParser(new StringReader(text), Configuration(_ => where));
        return parser.Read() ? [.. parser.Record!.Where(name => name.Length > 0)] : [];
    }

    private static string PathOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? path : throw new BadInputException($"'{path}' does not exist; expected a table of networks, or a folder that holds {FileName}.");
        }

        string file = Path.Combine(path, FileName);
        return File.Exists(file) ? file : throw new BadInputException($"The folder '{path}' holds no {FileName}; expected one as 'presage zoo' writes it, or the path of a table.");
    }

    private static NetworkTableRoles Roles(string file, string[] head)
    {
        var roles = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (text, number) in head.Select((line, number) => (line.TrimStart('#').Trim(), number + 1)))
        {
            // A line that does not read as "word: list" is a remark.
            if (text.Split(':', 2) is not [var role, var list] || role.Any(letter => !char.IsAsciiLetter(letter) && letter != '_') || role.Length == 0)
            {
                continue;
            }

            if (!NetworkTableRoles.All.Contains(role, StringComparer.Ordinal))
            {
                // Far from every role it is a remark too.
                if (NetworkTableRoles.All.Min(known => NearestName.Distance(role.ToLowerInvariant(), known)) > 1)
                {
                    continue;
                }

                throw new BadInputException(Invariant($"{file}, line {number}: the role '{role}' is unknown: {NearestName.Hint(role, [.. NetworkTableRoles.All])}"));
            }

            roles[role] = [.. roles.GetValueOrDefault(role, []), .. List(list, Invariant($"{file}, line {number}"))];
        }

        return new NetworkTableRoles(file, roles);
    }

    /// <summary>Text of a file as a sentence shows it: short, and without what is no letter.</summary>
    public static string Excerpt(string text)
    {
        const int Most = 40;
        string shown = string.Concat(text.Take(Most).Select(letter => char.IsControl(letter) ? '·' : letter));
        return text.Length > Most ? shown + "…" : shown;
    }

    private static CsvConfiguration Configuration(Func<int, string> where) => new(CultureInfo.InvariantCulture)
    {
        HasHeaderRecord = false,
        TrimOptions = TrimOptions.Trim,
        BadDataFound = found => throw new BadInputException($"{where(found.Context.Parser!.RawRow)}: expected quotes around a whole cell and doubled inside it, but got '{Excerpt(found.Field)}'."),
    };

    private static IEnumerable<(int Line, string[] Cells)> Rows(string file, string[] lines, int head)
    {
        using var parser = new CsvParser(new StringReader(string.Join('\n', lines.Skip(head))), Configuration(row => Invariant($"{file}, up to line {head + row}")));
        while (parser.Read())
        {
            yield return (head + parser.RawRow, parser.Record!);
        }
    }

    private static void CheckNames(string file, int line, string[] names)
    {
        if (Array.IndexOf(names, "") is >= 0 and var place)
        {
            throw new BadInputException(Invariant($"{file}, line {line}: the column at place {place + 1} has no name."));
        }

        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key is { } twice)
        {
            throw new BadInputException(Invariant($"{file}, line {line}: there are two columns '{twice}'; expected names that differ."));
        }
    }

    private static NetworkTable Make(NetworkTableCells all, NetworkTableColumns columns)
    {
        bool[]? included = columns.Single(NetworkTableRoles.Include) is { } include ? all.Flags(include) : null;
        NetworkTableCells cells = included is null ? all : all with { Rows = [.. all.Rows.Where((_, row) => included[row])] };
        if (cells.Count is < 2 or > NetworkTable.MostNetworks)
        {
            throw new BadInputException(Invariant($"{cells.File} holds {cells.Count} networks{(included is null ? "" : $" with 1 in column '{columns.Single(NetworkTableRoles.Include)!.Name}', which says whether they are included")}; expected 2 to {NetworkTable.MostNetworks}, a row each."));
        }

        double[] Errors(string error, string accuracy) => columns.Single(error) is { } column
            ? cells.Shares(column)
            : [.. cells.Shares(columns.Single(accuracy)!).Select(share => 1 - share)];
        MeasureColumn Measure(NetworkTableColumn column, bool isBaseline) => new(column.Name, cells.NumbersOrNone(column), column.ForetellsSmaller, isBaseline);
        double[]? examples = columns.TestExamples is { } same ? [.. Enumerable.Repeat(same, cells.Count)] : columns.Single(NetworkTableRoles.TestExamples) is { } own ? cells.Counts(own) : null;
        return new NetworkTable(
            [.. columns.Of(NetworkTableRoles.Hyperparameters).Select(column => new Hyperparameter(column.Name, cells.Words(column)))],
            Errors(NetworkTableRoles.TrainError, NetworkTableRoles.TrainAccuracy),
            Errors(NetworkTableRoles.TestError, NetworkTableRoles.TestAccuracy),
            [.. columns.Of(NetworkTableRoles.Measures).Select(column => Measure(column, false)), .. columns.Of(NetworkTableRoles.Baselines).Select(column => Measure(column, true))],
            columns.Single(NetworkTableRoles.Seed) is { } seed ? cells.Words(seed) : null,
            examples)
        {
            LeftOut = all.Count - cells.Count,
        };
    }
}
