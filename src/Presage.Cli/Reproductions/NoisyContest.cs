using Presage.Measures;

namespace Presage.Cli.Reproductions;

/// <summary>How a way to train did, seed by seed.</summary>
/// <param name="Id">Short name of the way to train.</param>
/// <param name="Title">What the tables call it.</param>
/// <param name="Runs">Its trainings (S).</param>
/// <param name="Ends">The point (S) of each at which it was taken.</param>
internal sealed record NoisyEntry(string Id, string Title, IReadOnlyList<NoisyRun> Runs, IReadOnlyList<NoisyPoint> Ends)
{
    /// <summary>Mean test accuracy where it was taken.</summary>
    public double Test => Ends.Average(end => end.Test);

    /// <summary>Mean test accuracy of each training's best epoch.</summary>
    public double Best => Runs.Average(run => run.Points.Max(point => point.Test));

    /// <summary>Mean share of wrong labels memorized where it was taken; null where none is wrong.</summary>
    public double? Memorized => Ends.Average(end => end.Memorized);

    /// <summary>Mean of the epoch at which it was taken.</summary>
    public double Epoch => Ends.Average(end => end.Epoch);

    /// <summary>Mean of the epoch that was best.</summary>
    public double BestEpoch => Runs.Average(run => run.Points.MaxBy(point => point.Test)!.Epoch);
}

/// <summary>All ways to train on one data set at one level of noise.</summary>
/// <param name="Data">Name of the data set.</param>
/// <param name="Noise">Percent of the training labels drawn anew.</param>
/// <param name="WrongShare">Share of the training labels that are wrong, mean over the seeds.</param>
/// <param name="Entries">The ways to train.</param>
internal sealed record NoisyContest(string Data, int Noise, double WrongShare, IReadOnlyList<NoisyEntry> Entries)
{
    /// <summary>The entry that is plain SGD up to where its coherence says stop.</summary>
    public const string Stopped = "stop";

    /// <summary>Takes every way to train at its last epoch, and plain SGD where its coherence says stop besides.</summary>
    public static NoisyContest Of(string data, int noise, IReadOnlyList<(NoisyMethod Method, IReadOnlyList<NoisyRun> Runs)> results)
    {
        List<NoisyEntry> entries = [.. results.Select(each => new NoisyEntry(each.Method.Id, each.Method.Title, each.Runs, [.. each.Runs.Select(run => run.Points[^1])]))];
        IReadOnlyList<NoisyRun> plain = results.First(each => string.Equals(each.Method.Id, NoisyLabels.Sgd, StringComparison.Ordinal)).Runs;
        entries.Add(new NoisyEntry(Stopped, "SGD stopped on coherence", plain, [.. plain.Select(StopOf)]));
        return new NoisyContest(data, noise, plain.Average(run => run.WrongShare), entries);
    }

    public NoisyEntry this[string id] => Entries.First(entry => string.Equals(entry.Id, id, StringComparison.Ordinal));

    /// <summary>The entries from the highest test accuracy to the lowest.</summary>
    public IReadOnlyList<NoisyEntry> Ranked => [.. Entries.OrderByDescending(entry => entry.Test)];

    /// <summary>In how many seeds the first is above the second.</summary>
    public int SeedsWon => Ranked[0].Ends.Zip(Ranked[1].Ends).Count(pair => pair.First.Test > pair.Second.Test);

    private static NoisyPoint StopOf(NoisyRun run) =>
        run.Points[CoherenceStop.PointOf([.. run.Points.Select(point => point.Coherence!.Value)]) ?? run.Points.Count - 1];
}
