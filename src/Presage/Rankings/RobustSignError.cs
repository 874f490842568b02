using Presage.Measures;

namespace Presage.Rankings;

/// <summary>How often a measure has the wrong sign where one hyperparameter goes from one value to another.</summary>
/// <param name="Hyperparameter">The hyperparameter.</param>
/// <param name="From">One of its values.</param>
/// <param name="To">The other.</param>
/// <param name="Others">The values of all other hyperparameters; null where the environment holds all of them.</param>
/// <param name="Pairs">Pairs of networks with a weight.</param>
/// <param name="SettingPairs">Pairs of settings among them, whatever the seeds and the order.</param>
/// <param name="EffectivePairs">(Σw)²/Σw², as many pairs of one weight as they are worth.</param>
/// <param name="IndependentExamples">
/// As many independent examples as the pairs are worth: SettingPairs where they are several. A single pair of settings is worth the smaller number of networks
/// of the two, (Σw)²/Σw² with w the weight of all pairs of a network: the error is then a mean over all pairs of two samples, whose variance is at most e·(1 − e)
/// by the size of the smaller sample.
/// </param>
/// <param name="Error">Weighted mean sign error, in [0, 1]; ½ is a coin.</param>
/// <param name="Ci95">
/// Its 95 % interval. With several pairs of settings it is the bootstrap's, which speaks of other settings, but no narrower than Wilson's for IndependentExamples,
/// since a few that agree leave the bootstrap no width. With a single pair, as always in <see cref="EnvironmentGrain.Settings"/>, it is Wilson's for
/// IndependentExamples and speaks of other seeds of these two settings alone. Null where none was asked for.
/// </param>
public sealed record SignErrorEnvironment(
    string Hyperparameter, string From, string To, string? Others, int Pairs, int SettingPairs, double EffectivePairs, double IndependentExamples, double Error,
    Interval? Ci95 = null);

/// <summary>Sign error of a measure over environments.</summary>
/// <param name="Mean">Mean over environments; null where none has enough pairs.</param>
/// <param name="NinetiethPercentile">90th percentile over environments, linear between them.</param>
/// <param name="Worst">The environment with the largest error, the first of them.</param>
/// <param name="Environments">All with enough pairs.</param>
/// <param name="LeftOut">Number of environments with too few.</param>
/// <param name="TargetTies">Pairs left out because they tie in the target.</param>
/// <param name="Weightless">Pairs that differ in the target, but whose Hoeffding weight is 0.</param>
public sealed record SignErrorMeasure(
    double? Mean, double? NinetiethPercentile, SignErrorEnvironment? Worst, IReadOnlyList<SignErrorEnvironment> Environments, int LeftOut, long TargetTies, long Weightless);

/// <summary>
/// Robust sign error: within an environment, the mean over pairs of networks that differ in one hyperparameter of ½·(1 − sgn(μ_i − μ_j)·sgn(g_i − g_j)): 0 for
/// the right sign, 1 for the wrong one, ½ where the measure ties; and the worst environment. A measure that explains generalization has no bad environment.
/// Source: Dziugaite et al., In Search of Robust Measures of Generalization, NeurIPS 2020, and its code (nitarshan/robust-generalization-measures); the variance of a
/// mean over all pairs of two samples: Hoeffding, A Class of Statistics with Asymptotically Normal Distribution, Annals of Mathematical Statistics 19 (1948).
/// </summary>
/// <remarks>
/// Networks of different seeds are paired, all with all, as in the source. The source's environment is a pair of whole settings that differ in one
/// hyperparameter, with ten seeds or more each; <see cref="EnvironmentGrain.Values"/> pools those of the same two values, for tables with few seeds. Pairs weigh as
/// <see cref="HoeffdingWeight"/> says or alike; those that tie in the target are left out. The source takes environments with 12 effective pairs or more.
/// </remarks>
public static class RobustSignError
{
    /// <summary>Sign error of a measure.</summary>
    /// <param name="table">The networks.</param>
    /// <param name="measure">The measure; networks that lack it are left out.</param>
    /// <param name="target">What it is asked to rank.</param>
    /// <param name="options">Environments and weights; null for the usual ones.</param>
    public static SignErrorMeasure Of(NetworkTable table, MeasureColumn measure, RankingTarget target, SignErrorOptions? options = null) =>
        Of(Environments.Of(table, options ?? new SignErrorOptions()), SignMatrix.Of(table, measure), target).Measure;

    /// <summary>The sign error, and which environments have enough pairs.</summary>
    internal static (SignErrorMeasure Measure, int[] Enough) Of(Environments environments, SignMatrix signs, RankingTarget target)
    {
        var errors = new List<SignErrorEnvironment>();
        var enough = new List<int>();
        long ties = 0;
        long weightless = 0;
        for (int environment = 0; environment < environments.Names.Count; environment++)
        {
            EnvironmentSums sums = Sum(environments, environment, signs, target);
            ties += sums.Ties;
            weightless += sums.Weightless;
            if (sums.Pairs > 0 && sums.Effective >= environments.LeastPairs - 1e-9)
            {
                enough.Add(environment);
                var (settingPairs, examples) = Independent(environments, environment, signs, target);
                errors.Add(environments.Names[environment] with
                {
                    Pairs = sums.Pairs,
                    SettingPairs = settingPairs,
                    EffectivePairs = sums.Effective,
                    IndependentExamples = examples,
                    Error = sums.Error / sums.Weight,
                });
            }
        }

        double[] sorted = [.. errors.Select(each => each.Error).Order()];
        return (
            new SignErrorMeasure(
                sorted.Length == 0 ? null : sorted.Average(), sorted.Length == 0 ? null : Resamples.Quantile(sorted, 0.9), errors.MaxBy(each => each.Error), errors,
                environments.Names.Count - enough.Count, ties, weightless),
            [.. enough]);
    }

    /// <summary>Errors of the environments that are asked for; NaN where a sample has no pair.</summary>
    internal static double[] Errors(Environments environments, int[] asked, SignMatrix signs, int[] multiplicity, RankingTarget target)
    {
        PairGroups pairs = environments.Pairs;
        double[] weights = environments.Weights[(int)target];
        sbyte[] products = SignMatrix.Products[(int)target];
        sbyte[] targets = SignMatrix.TargetSigns[(int)target];
        var errors = new double[asked.Length];
        for (int place = 0; place < asked.Length; place++)
        {
            double error = 0;
            double total = 0;
            for (int pair = pairs.Ends[asked[place]]; pair < pairs.Ends[asked[place] + 1]; pair++)
            {
                int i = pairs.First[pair];
                int j = pairs.Second[pair];
                double weight = weights[pair] * multiplicity[i] * multiplicity[j];
                if (weight > 0 && signs.HasValue[i] && signs.HasValue[j] && signs.State(i, j) is var state && targets[state] != 0)
                {
                    error += weight * 0.5 * (1 - products[state]);
                    total += weight;
                }
            }

            errors[place] = total > 0 ? error / total : double.NaN;
        }

        return errors;
    }

    private static EnvironmentSums Sum(Environments environments, int environment, SignMatrix signs, RankingTarget target)
    {
        var sums = new EnvironmentSums();
        PairGroups pairs = environments.Pairs;
        for (int pair = pairs.Ends[environment]; pair < pairs.Ends[environment + 1]; pair++)
        {
            int i = pairs.First[pair];
            int j = pairs.Second[pair];
            if (!signs.HasValue[i] || !signs.HasValue[j])
            {
                continue;
            }

            byte state = signs.State(i, j);
            double weight = environments.Weights[(int)target][pair];
            bool tied = SignMatrix.TargetSigns[(int)target][state] == 0;
            sums = tied || weight == 0
                ? sums with { Ties = sums.Ties + (tied ? 1 : 0), Weightless = sums.Weightless + (tied ? 0 : 1) }
                : sums with
                {
                    Pairs = sums.Pairs + 1,
                    Weight = sums.Weight + weight,
                    SquaredWeight = sums.SquaredWeight + (weight * weight),
                    Error = sums.Error + (weight * 0.5 * (1 - SignMatrix.Products[(int)target][state])),
                };
        }

        return sums;
    }

    private static (int SettingPairs, double Examples) Independent(Environments environments, int environment, SignMatrix signs, RankingTarget target)
    {
        var (first, second, ends) = environments.Pairs;
        int[] settings = environments.Settings;
        var settingPairs = new HashSet<(int, int)>();
        var weights = new Dictionary<int, double>();
        for (int pair = ends[environment]; pair < ends[environment + 1]; pair++)
        {
            var (i, j, weight) = (first[pair], second[pair], environments.Weights[(int)target][pair]);
            if (weight > 0 && signs.HasValue[i] && signs.HasValue[j] && SignMatrix.TargetSigns[(int)target][signs.State(i, j)] != 0)
            {
                settingPairs.Add((Math.Min(settings[i], settings[j]), Math.Max(settings[i], settings[j])));
                weights[i] = weights.GetValueOrDefault(i) + weight;
                weights[j] = weights.GetValueOrDefault(j) + weight;
            }
        }

        return settingPairs.Count == 1
            ? (1, weights.GroupBy(each => settings[each.Key], each => each.Value).Min(own => Math.Pow(own.Sum(), 2) / own.Sum(weight => weight * weight)))
            : (settingPairs.Count, settingPairs.Count);
    }

    private readonly record struct EnvironmentSums(int Pairs, double Weight, double SquaredWeight, double Error, long Ties, long Weightless)
    {
        public double Effective => Weight * Weight / SquaredWeight;
    }
}
