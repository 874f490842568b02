using Presage.Measures;

namespace Presage.Rankings;

/// <summary>What grading takes of a table whatever the measure: groups, environments, conditioning sets and resamples, each found once.</summary>
internal sealed class GradingPlan(NetworkTable table, SignErrorOptions options, int[][] resamples)
{
    private readonly IReadOnlyList<PairGroups> _groups = GranulatedGroups.Of(table);
    private readonly Environments _environments = Environments.Of(table, options);
    private readonly IReadOnlyList<ConditioningSet> _sets = ConditioningSet.All(table);
    private readonly double _apart = Resamples.Apart(table.SettingCount);

    /// <summary>Number of resamples.</summary>
    public int ResampleCount => resamples.Length;

    /// <summary>Grades a measure, and what it got in each resample.</summary>
    public (MeasureGrades Grades, ResampledFigures Figures) Grade(MeasureColumn measure, GradingProgress progress, CancellationToken cancellation)
    {
        SignMatrix signs = SignMatrix.Of(table, measure);
        RankingTarget[] targets = Enum.GetValues<RankingTarget>();
        var errors = targets.Select(target => RobustSignError.Of(_environments, signs, target)).ToArray();
        int[][] enough = [.. errors.Select(each => each.Enough)];
        progress.Add();
        var figures = new ResampledFigures(resamples.Length, _groups.Count, enough);
        Parallel.For(
            0,
            resamples.Length,
            new ParallelOptions { CancellationToken = cancellation },
            () => new CellCounter(_sets),
            (resample, _, counter) =>
            {
                Resample(figures, resample, signs, enough, counter);
                progress.Add();
                return counter;
            },
            _ => { });
        GranulatedMeasure[] granulated = [.. targets.Select(target => GranulatedKendall.Of(table, _groups, signs, target))];
        TargetGrades[] grades = [.. targets.Select(target => new TargetGrades(
            KendallTau.Of(signs, Resamples.Whole(table.Count), target),
            granulated[(int)target],
            ConditionalInformation.Of(_sets, signs, target),
            figures.WithIntervals(target, errors[(int)target].Measure),
            figures.Intervals(target, granulated[(int)target].ByHyperparameter)))];
        return (new MeasureGrades(measure.Name, measure.IsBaseline, measure.ForetellsSmaller, signs.HasValue.Count(has => !has), grades[0], grades[1]), figures);
    }

    /// <summary>Ψ of a measure in each resample, on the networks that have another measure as well.</summary>
    public double[] PsiBeside(MeasureColumn other, MeasureColumn measure, ResampledFigures figures, RankingTarget target)
    {
        double?[] shared = [.. measure.Values.Zip(other.Values, (own, its) => its is null ? null : own)];
        if (shared.SequenceEqual(measure.Values))
        {
            return figures.Psi(target);
        }

        SignMatrix signs = SignMatrix.Of(table, measure with { Values = shared });
        var psi = new double[resamples.Length];
        Parallel.For(0, psi.Length, resample => psi[resample] = ResampledFigures.Mean(Psi(signs, resamples[resample], target)));
        return psi;
    }

    private double[] Psi(SignMatrix signs, int[] multiplicity, RankingTarget target) =>
        [.. _groups.Select(groups => GranulatedKendall.Psi(groups, signs, multiplicity, target) ?? double.NaN)];

    private void Resample(ResampledFigures figures, int resample, SignMatrix signs, int[][] enough, CellCounter counter)
    {
        int[] multiplicity = resamples[resample];
        double[] counts = KendallTau.Count(signs, multiplicity, _apart);
        double[] least = [double.NaN, double.NaN];
        foreach (ConditioningSet set in _sets)
        {
            CellSums[] sums = counter.Count(set, signs, multiplicity, _apart);
            for (int target = 0; target < least.Length; target++)
            {
                least[target] = sums[target].Ratio is { } ratio && !(ratio >= least[target]) ? ratio : least[target];
            }
        }

        foreach (RankingTarget target in Enum.GetValues<RankingTarget>())
        {
            double[] errors = RobustSignError.Errors(_environments, enough[(int)target], signs, multiplicity, target);
            figures.Set(target, resample, KendallTau.Tau(counts, target) ?? double.NaN, Psi(signs, multiplicity, target), least[(int)target], errors);
        }
    }
}

/// <summary>What a measure got in each resample; NaN where a figure has no value.</summary>
internal sealed class ResampledFigures(int resamples, int hyperparameters, int[][] environments)
{
    // Before each ψ and the error of each environment: τ, Ψ, least information, mean, 90th percentile and worst sign error.
    private const int Fixed = 6;

    private readonly double[][][] _figures =
        [.. environments.Select(enough => Enumerable.Range(0, Fixed + hyperparameters + enough.Length).Select(_ => new double[resamples]).ToArray())];

    /// <summary>Ψ in each resample.</summary>
    public double[] Psi(RankingTarget target) => _figures[(int)target][1];

    /// <summary>Ψ by each ψ; NaN where none has a value.</summary>
    public static double Mean(double[] psi) => psi.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Keeps what a resample gave.</summary>
    public void Set(RankingTarget target, int resample, double tau, double[] psi, double information, double[] errors)
    {
        double[] sorted = [.. errors.Where(double.IsFinite).Order()];
        double[] values =
        [
            tau, Mean(psi), information,
            sorted.Length == 0 ? double.NaN : sorted.Average(), sorted.Length == 0 ? double.NaN : Resamples.Quantile(sorted, 0.9), sorted.Length == 0 ? double.NaN : sorted[^1],
            .. psi, .. errors,
        ];
        for (int figure = 0; figure < values.Length; figure++)
        {
            _figures[(int)target][figure][resample] = values[figure];
        }
    }

    /// <summary>The intervals.</summary>
    public GradeIntervals Intervals(RankingTarget target, IReadOnlyList<HyperparameterKendall> kendall)
    {
        Interval?[] all = [.. _figures[(int)target][..(Fixed + hyperparameters)].Select(values => Resamples.Middle(values))];
        return new GradeIntervals(all[0], all[1], [.. kendall.Select((each, place) => Psi(all[Fixed + place], each))], all[2], all[3], all[4], all[5]);
    }

    // ψ as the share of pairs in the right order.
    private static Interval? Psi(Interval? interval, HyperparameterKendall kendall) =>
        interval is { } ends && kendall.Psi is { } psi && Resamples.Widened(new Interval((1 + ends.Low) / 2, (1 + ends.High) / 2), (1 + psi) / 2, kendall.SettingGroups) is { } wide
            ? new Interval((2 * wide.Low) - 1, (2 * wide.High) - 1)
            : null;

    // Resamples hold a pair of settings or do not, and say nothing of its networks.
    private Interval? SinglePair(SignErrorEnvironment environment) => resamples == 0 ? null : Interval.OfShare(environment.Error, environment.IndependentExamples);

    /// <summary>The sign error with an interval for each environment.</summary>
    public SignErrorMeasure WithIntervals(RankingTarget target, SignErrorMeasure measure)
    {
        SignErrorEnvironment[] all = [.. measure.Environments.Select((each, place) => each with
        {
            Ci95 = each.SettingPairs == 1
                ? SinglePair(each)
                : Resamples.Widened(Resamples.Middle(_figures[(int)target][Fixed + hyperparameters + place]), each.Error, each.IndependentExamples),
        })];
        return measure with { Environments = all, Worst = all.MaxBy(each => each.Error) };
    }
}

/// <summary>Counts what is done, from any thread.</summary>
internal sealed class GradingProgress(long parts, Action<double>? onProgress)
{
    private readonly Lock _lock = new();
    private long _done;

    public void Add()
    {
        lock (_lock)
        {
            _done++;
            onProgress?.Invoke((double)_done / parts);
        }
    }
}
