namespace Presage.Cli.Studies;

/// <summary>What the columns of a table of networks are, as one place declares it.</summary>
/// <param name="Source">The place: the file's first lines, or the options.</param>
/// <param name="Declared">Columns by role, as written; a measure's leading minus is still there.</param>
internal sealed record NetworkTableRoles(string Source, IReadOnlyDictionary<string, IReadOnlyList<string>> Declared)
{
    public const string Hyperparameters = "hyperparameters";
    public const string Measures = "measures";
    public const string Baselines = "baselines";
    public const string TrainError = "train_error";
    public const string TestError = "test_error";
    public const string TrainAccuracy = "train_accuracy";
    public const string TestAccuracy = "test_accuracy";
    public const string Seed = "seed";
    public const string TestExamples = "test_examples";
    public const string Name = "name";
    public const string Include = "include";
    public const string Ignore = "ignore";

    /// <summary>All roles.</summary>
    public static readonly IReadOnlyList<string> All = [Hyperparameters, Measures, Baselines, TrainError, TestError, TrainAccuracy, TestAccuracy, Seed, TestExamples, Name, Include, Ignore];

    /// <summary>Roles that a column of that name has unless something else is declared.</summary>
    public static readonly IReadOnlyList<string> Conventional = [TrainError, TestError, Seed, Name, TestExamples];

    /// <summary>Roles of several columns.</summary>
    public static bool IsList(string role) => role is Hyperparameters or Measures or Baselines or Ignore;

    /// <summary>Whether a leading minus says that more foretells less.</summary>
    public static bool HasDirection(string role) => role is Measures or Baselines;

    /// <summary>The option that declares a role; <c>--seed</c> and <c>--name</c> would be misread.</summary>
    public static string Option(string role) => role is Seed or Name ? $"--{role}-column" : "--" + role.Replace('_', '-');

    /// <summary>Declared columns of a role; none where it is not declared.</summary>
    public IReadOnlyList<string> Of(string role) => Declared.GetValueOrDefault(role, []);
}
