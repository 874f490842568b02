using MathNet.Numerics.Statistics;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A network of a family at the moment that a figure shows.</summary>
/// <param name="Net">What it is.</param>
/// <param name="Run">What was measured of its training.</param>
/// <param name="Point">The moment.</param>
internal sealed record PuzzleMember(PuzzleNet Net, PuzzleRun Run, PuzzlePoint Point);

/// <summary>Networks that differ in how they came about alone, each at one moment or at several.</summary>
/// <param name="Members">Those trained on real labels that give every training example its label.</param>
/// <param name="Left">Those on real labels that do not, and are left out of every line.</param>
/// <param name="Random">The one trained on random labels, if there is one.</param>
internal sealed record PuzzleFamily(IReadOnlyList<PuzzleMember> Members, IReadOnlyList<PuzzleMember> Left, PuzzleMember? Random)
{
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

    /// <summary>Number of classes K.</summary>
    public int Classes => Members.Concat(Left).First().Run.Classes;

    /// <summary>Whether there are enough networks for a line.</summary>
    public bool HasLine => Members.Count >= 3;

    /// <summary>Values of the members, in their order.</summary>
    public double[] Values(Func<PuzzlePoint, double> value) => [.. Members.Select(member => value(member.Point))];

    /// <summary>Rank correlation of two values over the members.</summary>
    public double Spearman(Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y) => Correlation.Spearman(Values(x), Values(y));

    /// <summary>The line of normalized test over normalized training loss.</summary>
    public LossLine Line(string norm, int seed = 1) => LossLine.Of(Values(Train(norm)), Values(Test(norm)), seed);

    /// <summary>Normalized training loss less ln K.</summary>
    public static Func<PuzzlePoint, double> Train(string norm) => point => point.Scaled[norm].Train;

    /// <summary>Normalized test loss less ln K.</summary>
    public static Func<PuzzlePoint, double> Test(string norm) => point => point.Scaled[norm].Test;

    /// <summary>log10 of the product of the layers' Frobenius norms.</summary>
    public static double LogProduct(PuzzlePoint point) => point.Scaled[PuzzleNorms.Frobenius].LogRho / Math.Log(10);

    /// <summary>What stands behind a figure.</summary>
    public string Basis => Members.Concat(Left).First().Run is var run
        ? Invariant($"{Members.Count} networks{(Left.Count > 0 ? Invariant($" ({Left.Count} more did not fit their training set)") : "")}, {run.Examples:N0} training and {run.TestExamples:N0} test images, 1 seed")
        : "";
}
