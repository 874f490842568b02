using MathNet.Numerics.Statistics;
using Presage.Numerics;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A network of a family at the moment that a figure shows.</summary>
/// <param name="Net">What it is.</param>
/// <param name="Run">What was measured of its training.</param>
/// <param name="Point">The moment.</param>
internal sealed record PuzzleMember(PuzzleNet Net, PuzzleRun Run, PuzzlePoint Point);

/// <summary>Networks that differ in how they came about alone, each at one moment or at several.</summary>
/// <param name="Members">Those trained on real labels that give every training example its label.</param>
/// <param name="Left">Those on real labels that do not, or not at the loss asked for, and are left out of every line.</param>
/// <param name="Random">The one trained on random labels, if there is one.</param>
internal sealed record PuzzleFamily(IReadOnlyList<PuzzleMember> Members, IReadOnlyList<PuzzleMember> Left, PuzzleMember? Random)
{
    /// <summary>Networks of which a line or rank correlation is given at least.</summary>
    public const int LeastNetworks = 5;

    // Of fewer, those that are left out could say otherwise.
    private const double LeastShare = 0.8;

    // Training losses at most so far apart, as a ratio, are called the same.
    private const double SameLoss = 2;

    private const int Exchanges = 200;

    /// <summary>The family, each network at the moments chosen.</summary>
    public static PuzzleFamily Of(IReadOnlyList<(PuzzleNet Net, PuzzleRun Run)> results, Func<PuzzleRun, IEnumerable<PuzzlePoint>> choose)
    {
        PuzzleMember[] members = [.. results.Where(each => !each.Net.HasRandomLabels).SelectMany(each => choose(each.Run).Select(point => new PuzzleMember(each.Net, each.Run, point)))];
        PuzzleMember[] random = [.. results.Where(each => each.Net.HasRandomLabels).Select(each => new PuzzleMember(each.Net, each.Run, each.Run.End))];
        return new PuzzleFamily(
            [.. members.Where(member => member.Point.Fits)], [.. members.Where(member => !member.Point.Fits)], random.Length == 1 ? random[0] : null);
    }

    /// <summary>The family, each network at the end of its training.</summary>
    public static PuzzleFamily AtTheEnd(IReadOnlyList<(PuzzleNet Net, PuzzleRun Run)> results) => Of(results, run => [run.End]);

    /// <summary>The family, each network at the moment at which its training loss is nearest to a given one; networks that are never near it are left out.</summary>
    public static PuzzleFamily AtTheLoss(IReadOnlyList<(PuzzleNet Net, PuzzleRun Run)> results, double trainLoss)
    {
        PuzzleFamily family = Of(results, run => [run.Nearest(trainLoss)]);
        var near = family.Members.ToLookup(member => member.Point.TrainLoss <= SameLoss * trainLoss && member.Point.TrainLoss >= trainLoss / SameLoss);
        return new PuzzleFamily(
            [.. near[true]], [.. family.Left, .. near[false]], family.Random is { } random ? random with { Point = random.Run.Nearest(trainLoss) } : null);
    }

    /// <summary>Number of networks among the members.</summary>
    public int Networks => Members.Select(member => member.Net).Distinct().Count();

    /// <summary>Whether there are enough networks for a line, and not too many left out.</summary>
    public bool HasLine => Networks >= LeastNetworks && Networks >= LeastShare * (Networks + Left.Count);

    /// <summary>Values of the members, in their order.</summary>
    public double[] Values(Func<PuzzlePoint, double> value) => [.. Members.Select(member => value(member.Point))];

    /// <summary>Rank correlation of two values over the members; NaN where one is the same for all.</summary>
    public double Spearman(Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y) => Correlation.Spearman(Values(x), Values(y));

    /// <summary>The line of normalized test over normalized training loss.</summary>
    public LossLine Line(string norm, int seed = 1)
    {
        PuzzleNet[] nets = [.. Members.Select(member => member.Net).Distinct()];
        return LossLine.Of(Values(Train(norm)), Values(Test(norm)), seed, [.. Members.Select(member => Array.IndexOf(nets, member.Net))]);
    }

    /// <summary>
    /// R² of the line if every network had another one's answers on the test set, and kept its own ρ: what of R² is due to both losses being divided by the same number
    /// alone. Near ln K a loss less ln K is proportional to 1/ρ, which is taken for granted here. Mean over random exchanges.
    /// </summary>
    public double Exchanged(string norm)
    {
        var random = new SeededRandom(1).Derive("exchanged networks");
        double[] x = Values(Train(norm));
        double[] y = Values(Test(norm));
        double[] logs = Values(point => point.Scaled[norm].LogRho);
        int[] others = [.. Enumerable.Range(0, x.Length)];
        return Enumerable.Range(0, Exchanges).Average(_ =>
        {
            random.Shuffle(others.AsSpan());
            double r = Correlation.Pearson(x, others.Select((other, i) => y[other] * Math.Exp(logs[other] - logs[i])));
            return r * r;
        });
    }

    /// <summary>Normalized training loss less ln K.</summary>
    public static Func<PuzzlePoint, double> Train(string norm) => point => point.Scaled[norm].Train;

    /// <summary>Normalized test loss less ln K.</summary>
    public static Func<PuzzlePoint, double> Test(string norm) => point => point.Scaled[norm].Test;

    /// <summary>log10 of the product of the layers' Frobenius norms.</summary>
    public static double LogProduct(PuzzlePoint point) => point.Scaled[PuzzleNorms.Frobenius].LogRho / Math.Log(10);

    /// <summary>What stands behind a figure.</summary>
    public string Basis => Members.Concat(Left).First().Run is var run
        ? Invariant($"{(Members.Count > Networks ? Invariant($"{Members.Count} moments of ") : "")}{Networks} networks{(Left.Count > 0 ? Invariant($" ({Left.Count} more left out)") : "")}, {run.Examples:N0} training and {run.TestExamples:N0} test images, 1 seed")
        : "";
}
