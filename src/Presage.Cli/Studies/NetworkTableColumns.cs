using static System.FormattableString;
using Roles = Presage.Cli.Studies.NetworkTableRoles;

namespace Presage.Cli.Studies;

/// <summary>A column that has a role.</summary>
/// <param name="Place">Its place in the file.</param>
/// <param name="Name">Its name.</param>
/// <param name="ForetellsSmaller">Whether it was declared with a minus.</param>
internal sealed record NetworkTableColumn(int Place, string Name, bool ForetellsSmaller);

/// <summary>Which column has which role: the options' word, then the file's, then the conventional names.</summary>
internal sealed class NetworkTableColumns
{
    // Undeclared columns that a sentence names.
    private const int Listed = 12;

    private readonly string _file;
    private readonly List<string> _names;
    private readonly Dictionary<int, string> _taken = [];
    private readonly Dictionary<string, List<NetworkTableColumn>> _columns = Roles.All.ToDictionary(role => role, _ => new List<NetworkTableColumn>(), StringComparer.Ordinal);

    /// <summary>Gives each column its role.</summary>
    /// <param name="file">The file, as sentences call it.</param>
    /// <param name="names">Its columns.</param>
    /// <param name="inFile">What its first lines declare.</param>
    /// <param name="options">What the options declare.</param>
    /// <exception cref="BadInputException">A declared column is not there, has two roles, or one has none.</exception>
    public NetworkTableColumns(string file, IReadOnlyList<string> names, NetworkTableRoles inFile, NetworkTableRoles options)
    {
        (_file, _names) = (file, [.. names]);
        foreach (string role in Roles.All)
        {
            Declare(options, role, []);
        }

        HashSet<int> byOption = [.. _taken.Keys];
        foreach (string role in Roles.All.Where(role => options.Of(role).Count == 0))
        {
            Declare(inFile, role, byOption);
        }

        // What the file declares and an option leaves out is set aside.
        foreach (int place in Roles.All.Where(role => options.Of(role).Count > 0).SelectMany(role => inFile.Of(role).Select(written => PlaceOf(role, written).Place)).Where(place => place >= 0))
        {
            _taken.TryAdd(place, Roles.Ignore);
        }

        foreach (string role in Roles.Conventional.Where(role => Of(role).Count == 0 && Of(Counterpart(role)).Count == 0))
        {
            if (_names.IndexOf(role) is >= 0 and var place && _taken.TryAdd(place, role) && (role is not Roles.TestExamples || TestExamples is null))
            {
                _columns[role].Add(new NetworkTableColumn(place, role, false));
            }
        }

        RequireDeclared();
        RequireRoles();
    }

    /// <summary>Test examples of all networks where a number was declared; else null.</summary>
    public double? TestExamples { get; private set; }

    public IReadOnlyList<NetworkTableColumn> Of(string role) => _columns[role];

    public NetworkTableColumn? Single(string role) => Of(role) is [var only] ? only : null;

    private void Declare(NetworkTableRoles source, string role, HashSet<int> byOption)
    {
        foreach (string written in source.Of(role))
        {
            var (place, name, minus) = PlaceOf(role, written);
            if (place < 0 && role is Roles.TestExamples && int.TryParse(written, out int number) && number >= 1)
            {
                TestExamples = number;
            }
            else if (place < 0)
            {
                throw new BadInputException($"{source.Source} declares '{name}' as {role}, but {_file} has no such column: {NearestName.Hint(name, _names)}");
            }
            else if (_taken.TryAdd(place, role))
            {
                _columns[role].Add(new NetworkTableColumn(place, name, minus));
            }
            else if (!byOption.Contains(place))
            {
                throw new BadInputException($"{source.Source} declares the column '{name}' as {_taken[place]} and as {role}; expected one role a column.");
            }
        }
    }

    private (int Place, string Name, bool Minus) PlaceOf(string role, string written)
    {
        bool minus = Roles.HasDirection(role) && written.StartsWith('-') && !_names.Contains(written);
        string name = minus ? written[1..].Trim() : written;
        return (_names.IndexOf(name), name, minus);
    }

    private static string Counterpart(string role) => role switch
    {
        Roles.TrainError => Roles.TrainAccuracy,
        Roles.TestError => Roles.TestAccuracy,
        _ => role,
    };

    private void RequireDeclared()
    {
        string[] undeclared = [.. _names.Where((_, place) => !_taken.ContainsKey(place))];
        if (undeclared.Length > 0)
        {
            string list = string.Join(", ", undeclared.Take(Listed).Select(NetworkTableFile.Excerpt)) + (undeclared.Length > Listed ? Invariant($" and {undeclared.Length - Listed} more") : "");
            throw new BadInputException(
                $"{_file} does not say what these columns are: {list}; declare each as one of {Roles.Hyperparameters}, {Roles.Measures}, {Roles.Baselines} or {Roles.Ignore}, in a first line such as '# {Roles.Measures}: COLUMN, COLUMN' or by --{Roles.Measures} COLUMN,COLUMN.");
        }
    }

    private void RequireRoles()
    {
        if (Roles.All.FirstOrDefault(role => !Roles.IsList(role) && Of(role).Count > 1) is { } several)
        {
            throw new BadInputException(Invariant($"{_file} has {Of(several).Count} columns for {several}: {string.Join(", ", Of(several).Select(each => each.Name))}; expected one."));
        }

        foreach (string role in (string[])[Roles.TrainError, Roles.TestError])
        {
            int count = Of(role).Count + Of(Counterpart(role)).Count;
            if (count != 1)
            {
                throw new BadInputException(
                    $"{_file} has {(count == 0 ? "no column" : "two columns")} for {role}; expected one, of that name or declared as '# {role}: COLUMN' or '# {Counterpart(role)}: COLUMN'.");
            }
        }

        foreach (string role in (string[])[Roles.Hyperparameters, Roles.Measures])
        {
            if (Of(role).Count == 0 && (role is Roles.Hyperparameters || Of(Roles.Baselines).Count == 0))
            {
                throw new BadInputException($"{_file} declares no {role}; expected at least one, in a first line '# {role}: COLUMN, COLUMN' or by --{role} COLUMN,COLUMN.");
            }
        }
    }
}
