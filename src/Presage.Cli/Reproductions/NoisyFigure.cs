using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What the ways to train on noisy labels come to.</summary>
internal static class NoisyFigure
{
    private static readonly string[] Robust = ["wsgd", "m3"];

    /// <summary>What document 003 says of robust averages and of early stopping, at the level of noise that is least favourable to it.</summary>
    public static IReadOnlyList<Claim> Claims(IReadOnlyList<NoisyContest> contests, string basis) =>
        [.. contests.Where(contest => contest.Noise > 0).GroupBy(contest => contest.Data, StringComparer.Ordinal).SelectMany(data => Claims(data.Key, [.. data], basis))];

    /// <summary>Test accuracy and memorized labels over training, a panel for each data set and level of noise.</summary>
    public static IReadOnlyList<Panel> Panels(IReadOnlyList<NoisyContest> contests, string basis) =>
    [
        .. contests.SelectMany(contest => contest.Noise == 0 ? (Panel[])[Accuracy(contest, basis)] : [Accuracy(contest, basis), Memorized(contest, basis)]),
        .. contests.GroupBy(contest => contest.Data, StringComparer.Ordinal).Select(data => Coherence(data.Key, [.. data], basis)),
    ];

    public static IReadOnlyList<ResultTable> Tables(IReadOnlyList<NoisyContest> contests) =>
    [
        new(
            "Test accuracy at the end, and who wins",
            ["data", "label noise", "wrong labels", .. contests[0].Entries.Select(entry => entry.Title), "wins", "ahead of the second by", "in seeds"],
            [.. contests.Select(contest => (IReadOnlyList<string>)
            [
                contest.Data, Invariant($"{contest.Noise} %"), Share(contest.WrongShare), .. contest.Entries.Select(entry => Share(entry.Test)), contest.Ranked[0].Title,
                Invariant($"{100 * (contest.Ranked[0].Test - contest.Ranked[1].Test):0.0} points ({contest.Ranked[1].Title})"),
                Invariant($"{contest.SeedsWon} of {contest.Entries[0].Ends.Count}"),
            ])],
            IsShort: true),
        new(
            "Every way to train, means over the seeds",
            ["data", "label noise", "way to train", "taken after epoch", "test accuracy", "wrong labels memorized", "best epoch", "test accuracy there", "training accuracy"],
            [.. contests.SelectMany(contest => contest.Entries.Select(entry => (IReadOnlyList<string>)
            [
                contest.Data, Invariant($"{contest.Noise} %"), entry.Title, Invariant($"{entry.Epoch:0.0}"), Share(entry.Test), entry.Memorized is { } share ? Share(share) : "–",
                Invariant($"{entry.BestEpoch:0.0}"), Share(entry.Best), Share(entry.Ends.Average(end => end.Train)),
            ]))]),
    ];

    private static IEnumerable<Claim> Claims(string data, NoisyContest[] contests, string basis)
    {
        foreach (string id in Robust)
        {
            string title = contests[0][id].Title;
            yield return Worst(
                $"{data}-{id}-memorizes-less", Invariant($"{data}: {title} memorizes fewer wrong labels than SGD (share of them at the last epoch, less SGD's)"),
                contest => contest[id].Memorized!.Value - contest[NoisyLabels.Sgd].Memorized!.Value, isBelow: true);
            yield return Worst(
                $"{data}-{id}-generalizes-better", Invariant($"{data}: {title} generalizes better than SGD (test accuracy at the last epoch, less SGD's)"),
                contest => contest[id].Test - contest[NoisyLabels.Sgd].Test, isBelow: false);
        }

        yield return Worst(
            $"{data}-stopping-helps", Invariant($"{data}: stopped on coherence, SGD generalizes better than at its last epoch (test accuracy, less the last epoch's)"),
            contest => contest[NoisyContest.Stopped].Test - contest[NoisyLabels.Sgd].Test, isBelow: false);

        Claim Worst(string id, string statement, Func<NoisyContest, double> value, bool isBelow)
        {
            NoisyContest worst = isBelow ? contests.MaxBy(value)! : contests.MinBy(value)!;
            return new Claim(
                id, Invariant($"{statement}, at the level of noise least favourable to it"), value(worst), isBelow ? "below 0" : "above 0", isBelow ? value(worst) < 0 : value(worst) > 0,
                Invariant($"{basis}, {worst.Noise} % label noise{(contests.Length == 1 ? "" : $" of {string.Join(", ", contests.Select(contest => contest.Noise))} %")}"));
        }
    }

    private static Panel Accuracy(NoisyContest contest, string basis) => new(
        Invariant($"{contest.Data}, {contest.Noise} % label noise: test accuracy"),
        "epoch",
        "share of the test labels, all right",
        basis,
        Invariant($"Means over the seeds. The dot is where coherence says stop, on average. {Share(contest.WrongShare)} of the training labels are wrong."),
        [
            .. Trained(contest).Select(entry => Line(entry, point => point.Test)),
            new Curve(contest[NoisyContest.Stopped].Title, CurveKind.Points, [contest[NoisyContest.Stopped].Epoch], [contest[NoisyContest.Stopped].Test]),
        ]);

    private static Panel Memorized(NoisyContest contest, string basis) => new(
        Invariant($"{contest.Data}, {contest.Noise} % label noise: wrong labels memorized"),
        "epoch",
        "share of the wrong training labels",
        basis,
        "Means over the seeds: of the training examples with a wrong label, the share to which the network gives it.",
        [.. Trained(contest).Select(entry => Line(entry, point => point.Memorized))]);

    private static Panel Coherence(string data, NoisyContest[] contests, string basis) => new(
        Invariant($"{data}: coherence under SGD"),
        "epoch",
        "α_m/α_m⊥ of training examples",
        basis,
        "Means over the seeds. Each training is stopped where its own curve has come back to half of its peak.",
        [.. contests.Select(contest => Line(contest[NoisyLabels.Sgd], point => point.Coherence) with { Name = Invariant($"{contest.Noise} % label noise") })],
        LogarithmicY: true);

    private static IEnumerable<NoisyEntry> Trained(NoisyContest contest) => contest.Entries.Where(entry => !string.Equals(entry.Id, NoisyContest.Stopped, StringComparison.Ordinal));

    private static Curve Line(NoisyEntry entry, Func<NoisyPoint, double?> value) => new(
        entry.Title,
        CurveKind.Line,
        [.. entry.Runs[0].Points.Select(point => (double)point.Epoch)],
        [.. entry.Runs[0].Points.Select((_, place) => entry.Runs.Average(run => value(run.Points[place])))]);

    private static string Share(double share) => Invariant($"{100 * share:0.0} %");
}
