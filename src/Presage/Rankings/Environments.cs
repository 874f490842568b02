namespace Presage.Rankings;

/// <summary>What an environment of <see cref="RobustSignError"/> holds.</summary>
public enum EnvironmentGrain
{
    /// <summary>All pairs between two values of a hyperparameter, each pair agreeing in all others.</summary>
    Values,

    /// <summary>The pairs between two settings that differ in one hyperparameter, as in the source: for tables with many seeds.</summary>
    Settings,
}

/// <summary>How <see cref="RobustSignError"/> is taken.</summary>
/// <param name="Grain">What an environment holds.</param>
/// <param name="LeastPairs">Effective pairs of an environment, at least; fewer leave it out. The source's 12.</param>
/// <param name="UsesWeights">Whether pairs weigh by <see cref="HoeffdingWeight"/> where the number of test examples is known.</param>
public sealed record SignErrorOptions(EnvironmentGrain Grain = EnvironmentGrain.Values, double LeastPairs = 12, bool UsesWeights = true);

/// <summary>The environments of a table.</summary>
/// <param name="Pairs">A group of pairs an environment.</param>
/// <param name="Names">What each is, without figures.</param>
/// <param name="Weights">For each target the weight of each pair.</param>
/// <param name="LeastPairs">Effective pairs of an environment, at least.</param>
/// <param name="Settings">Setting of each network (n).</param>
internal sealed record Environments(PairGroups Pairs, IReadOnlyList<SignErrorEnvironment> Names, double[][] Weights, double LeastPairs, int[] Settings)
{
    public static Environments Of(NetworkTable table, SignErrorOptions options)
    {
        var names = new List<SignErrorEnvironment>();
        var groups = new List<List<(int, int)>>();
        foreach (int h in table.Varying)
        {
            var places = new Dictionary<(int Low, int High, int Group), int>();
            Levels levels = table.HyperparameterLevels[h];
            foreach (var (group, members) in Levels.Combine(table.Count, GranulatedGroups.Others(table, h)).Members().Select((members, group) => (group, members)))
            {
                foreach (var (i, j) in GranulatedGroups.Differing(members, levels.Of))
                {
                    var key = (Math.Min(levels.Of[i], levels.Of[j]), Math.Max(levels.Of[i], levels.Of[j]), options.Grain == EnvironmentGrain.Settings ? group : 0);
                    if (places.TryAdd(key, groups.Count))
                    {
                        groups.Add([]);
                        names.Add(new SignErrorEnvironment(
                            table.Hyperparameters[h].Name, levels.Names[key.Item1], levels.Names[key.Item2],
                            options.Grain == EnvironmentGrain.Settings ? OthersOf(table, h, i) : null, 0, 0, 0, 0, 0));
                    }

                    groups[places[key]].Add((i, j));
                }
            }
        }

        PairGroups pairs = PairGroups.Of(groups);
        double[][] weights = [.. Enum.GetValues<RankingTarget>().Select(target => WeightsOf(table, pairs, target, options.UsesWeights))];
        return new Environments(pairs, names, weights, options.LeastPairs, table.Settings.Of);
    }

    private static double[] WeightsOf(NetworkTable table, PairGroups pairs, RankingTarget target, bool usesWeights)
    {
        IReadOnlyList<double> values = table.Target(target);
        return [.. pairs.First.Zip(pairs.Second, (i, j) => usesWeights && table.TestExamples is { } examples
            ? HoeffdingWeight.Of(values[i] - values[j], Math.Min(examples[i], examples[j]))
            : 1)];
    }

    private static string OthersOf(NetworkTable table, int hyperparameter, int network) =>
        string.Join(", ", table.Varying.Where(h => h != hyperparameter).Select(h => $"{table.Hyperparameters[h].Name} {table.Hyperparameters[h].Values[network]}"));
}
