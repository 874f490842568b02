using Presage.Rankings;

namespace Presage.Tests;

/// <summary>
/// Rankings by their definitions, one pair at a time, on a sample in which each setting stands any number of times: v for the pairs within it, v·w·m/(m − 1) for
/// those with another, of m settings. Null for the table itself.
/// </summary>
internal sealed class RankingOracle(NetworkTable table, MeasureColumn measure, RankingTarget target, int[]? multiplicity = null)
{
    public double? Tau() => Mean(Pairs().Where(pair => G(pair) != 0).Select(pair => (W(pair), (double)(M(pair) * G(pair)))));

    public double? Psi(int hyperparameter)
    {
        var groups = Pairs()
            .Where(pair => !Same(Value(hyperparameter, pair.I), Value(hyperparameter, pair.J)) && Same(Others(hyperparameter, pair.I), Others(hyperparameter, pair.J)) && Same(table.Seeds![pair.I], table.Seeds[pair.J]))
            .GroupBy(pair => Others(hyperparameter, pair.I) + "/" + table.Seeds![pair.I])
            .Select(group => Mean(group.Where(pair => G(pair) != 0).Select(pair => (W(pair), (double)(M(pair) * G(pair))))));
        return Mean(groups.OfType<double>().Select(tau => (1.0, tau)));
    }

    public double? Information(int[] given)
    {
        // All ordered pairs, as the definition has them.
        var ordered = Pairs().SelectMany(pair => new[] { pair, (I: pair.J, J: pair.I) }).Where(pair => G(pair) != 0).ToList();
        double information = 0;
        double entropy = 0;
        foreach (var cell in ordered.GroupBy(pair => string.Join(';', given.Select(h => Value(h, pair.I) + ">" + Value(h, pair.J)))))
        {
            double share = cell.Sum(W) / ordered.Sum(W);
            double P(Func<(int I, int J), bool> holds) => cell.Where(holds).Sum(W) / cell.Sum(W);
            foreach (int g in (int[])[-1, 1])
            {
                double pg = P(pair => G(pair) == g);
                entropy -= pg == 0 ? 0 : share * pg * Math.Log2(pg);
                foreach (int m in (int[])[-1, 0, 1])
                {
                    double both = P(pair => G(pair) == g && M(pair) == m);
                    information += both == 0 ? 0 : share * both * Math.Log2(both / (pg * P(pair => M(pair) == m)));
                }
            }
        }

        return entropy < 1e-12 ? null : information / entropy;
    }

    public double? SignError(int hyperparameter, string from, string to)
    {
        double error = 0;
        double total = 0;
        foreach (var pair in Pairs().Where(pair => G(pair) != 0 && Same(Others(hyperparameter, pair.I), Others(hyperparameter, pair.J))))
        {
            string[] values = [Value(hyperparameter, pair.I), Value(hyperparameter, pair.J)];
            if (values.Contains(from) && values.Contains(to))
            {
                double weight = W(pair) * HoeffdingWeight.Of(T(pair.I) - T(pair.J), Math.Min(table.TestExamples![pair.I], table.TestExamples[pair.J]));
                error += weight * (M(pair) == 0 ? 0.5 : M(pair) == G(pair) ? 0 : 1);
                total += weight;
            }
        }

        return total == 0 ? null : error / total;
    }

    private static bool Same(string first, string second) => string.Equals(first, second, StringComparison.Ordinal);

    private static double? Mean(IEnumerable<(double Weight, double Value)> values)
    {
        (double Weight, double Value)[] all = [.. values];
        double total = all.Sum(each => each.Weight);
        return total == 0 ? null : all.Sum(each => each.Weight * each.Value) / total;
    }

    private IEnumerable<(int I, int J)> Pairs() =>
        from i in Enumerable.Range(0, table.Count)
        from j in Enumerable.Range(i + 1, table.Count - i - 1)
        where measure.Values[i] is not null && measure.Values[j] is not null && W((i, j)) > 0
        select (i, j);

    private double W((int I, int J) pair) => multiplicity is null ? 1
        : Same(Setting(pair.I), Setting(pair.J)) ? multiplicity[pair.I]
        : multiplicity[pair.I] * multiplicity[pair.J] * table.SettingCount / (table.SettingCount - 1.0);

    private string Setting(int network) => Others(-1, network);

    private double T(int i) => Math.Round(target == RankingTarget.TestError ? table.TestErrors[i] : table.TestErrors[i] - table.TrainErrors[i], 10);

    private int G((int I, int J) pair) => Math.Sign(T(pair.I) - T(pair.J));

    private int M((int I, int J) pair) => Math.Sign(measure.Values[pair.I]!.Value - measure.Values[pair.J]!.Value) * (measure.ForetellsSmaller ? -1 : 1);

    private string Value(int hyperparameter, int network) => table.Hyperparameters[hyperparameter].Values[network];

    private string Others(int hyperparameter, int network) =>
        string.Join(';', Enumerable.Range(0, table.Hyperparameters.Count).Where(h => h != hyperparameter).Select(h => Value(h, network)));
}
