namespace Presage.Rankings;

/// <summary>A hyperparameter of a table of networks.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">Its value in each network (n), numbers or words; what reads as the same number is the same value where all are numbers.</param>
public sealed record Hyperparameter(string Name, IReadOnlyList<string> Values);

/// <summary>A measure of a table of networks.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">Its value in each network (n); null where it was not computed.</param>
/// <param name="ForetellsSmaller">Whether a larger value foretells a smaller gap and test error; else a larger one foretells larger ones.</param>
/// <param name="IsBaseline">Whether it is here to be beaten.</param>
public sealed record MeasureColumn(string Name, IReadOnlyList<double?> Values, bool ForetellsSmaller = false, bool IsBaseline = false);

/// <summary>Trained networks with their hyperparameters, errors and measures.</summary>
public sealed class NetworkTable
{
    /// <summary>Most networks of a table: a byte is kept for each ordered pair.</summary>
    public const int MostNetworks = 40_000;

    // Differences of rounded errors carry rounding of their own; what agrees to here is a tie.
    private const int Decimals = 12;

    private readonly IReadOnlyList<double>[] _targets;

    /// <summary>Makes a table.</summary>
    /// <param name="hyperparameters">Hyperparameters, each with n values.</param>
    /// <param name="trainErrors">Share of training examples that a network gets wrong (n), in [0, 1].</param>
    /// <param name="testErrors">The same of test examples (n).</param>
    /// <param name="measures">Measures, each with n values that are finite or null.</param>
    /// <param name="seeds">What tells networks of the same hyperparameters apart (n); null where nothing does.</param>
    /// <param name="testExamples">How many examples a test error was measured on (n), at least 1; null where that is not known.</param>
    /// <exception cref="ArgumentException">Lengths differ, there are fewer than 2 or too many networks, a share is outside [0, 1] or a measure is not finite.</exception>
    public NetworkTable(
        IReadOnlyList<Hyperparameter> hyperparameters,
        IReadOnlyList<double> trainErrors,
        IReadOnlyList<double> testErrors,
        IReadOnlyList<MeasureColumn> measures,
        IReadOnlyList<string>? seeds = null,
        IReadOnlyList<double>? testExamples = null)
    {
        Count = testErrors.Count;
        if (Count is < 2 or > MostNetworks)
        {
            throw new ArgumentException($"Expected 2 to {MostNetworks} networks, but got {Count}.", nameof(testErrors));
        }

        Require(trainErrors.All(IsShare) && testErrors.All(IsShare), "errors in [0, 1]", nameof(testErrors));
        Require(measures.All(measure => measure.Values.All(value => value is null || double.IsFinite(value.Value))), "measures that are finite or null", nameof(measures));
        Require(testExamples is null || testExamples.All(count => count >= 1), "at least 1 test example", nameof(testExamples));
        bool sameLength = trainErrors.Count == Count && (seeds?.Count ?? Count) == Count && (testExamples?.Count ?? Count) == Count
            && hyperparameters.All(each => each.Values.Count == Count) && measures.All(each => each.Values.Count == Count);
        Require(sameLength, $"{Count} values in each column", nameof(hyperparameters));
        (Hyperparameters, TrainErrors, TestErrors, Measures, Seeds, TestExamples) = (hyperparameters, trainErrors, testErrors, measures, seeds, testExamples);
        _targets = [[.. testErrors.Zip(trainErrors, (test, train) => Math.Round(test - train, Decimals))], [.. testErrors.Select(error => Math.Round(error, Decimals))]];
        HyperparameterLevels = [.. hyperparameters.Select(each => Levels.OfColumn(each.Values))];
        Settings = Levels.Combine(Count, HyperparameterLevels);
        Varying = [.. Enumerable.Range(0, hyperparameters.Count).Where(h => HyperparameterLevels[h].Count > 1)];
    }

    /// <summary>Number n of networks.</summary>
    public int Count { get; }

    /// <summary>Networks that are known and were left out, as those that did not reach the training loss at which others are compared.</summary>
    public int LeftOut { get; init; }

    /// <summary>Hyperparameters.</summary>
    public IReadOnlyList<Hyperparameter> Hyperparameters { get; }

    /// <summary>Train errors (n).</summary>
    public IReadOnlyList<double> TrainErrors { get; }

    /// <summary>Test errors (n).</summary>
    public IReadOnlyList<double> TestErrors { get; }

    /// <summary>Measures.</summary>
    public IReadOnlyList<MeasureColumn> Measures { get; }

    /// <summary>Seeds (n), if any.</summary>
    public IReadOnlyList<string>? Seeds { get; }

    /// <summary>Test examples (n), if known.</summary>
    public IReadOnlyList<double>? TestExamples { get; }

    /// <summary>Number of different settings of all hyperparameters.</summary>
    public int SettingCount => Settings.Count;

    /// <summary>Places of the hyperparameters that have more than one value.</summary>
    public IReadOnlyList<int> Varying { get; }

    internal IReadOnlyList<Levels> HyperparameterLevels { get; }

    internal Levels Settings { get; }

    /// <summary>A target's values (n), rounded to 12 decimals so that equal gaps tie.</summary>
    /// <param name="target">The target.</param>
    public IReadOnlyList<double> Target(RankingTarget target) => _targets[(int)target];

    private static bool IsShare(double value) => value is >= 0 and <= 1;

    private static void Require(bool holds, string expected, string name)
    {
        if (!holds)
        {
            throw new ArgumentException($"Expected {expected}.", name);
        }
    }
}
