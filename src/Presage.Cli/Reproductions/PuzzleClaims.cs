using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Document 002's statements on a family of networks, measured.</summary>
internal static class PuzzleClaims
{
    /// <summary>R² from which on points are said to lie on a line.</summary>
    public const double LeastRSquared = 0.98;

    /// <summary>All networks give their training examples their labels.</summary>
    public static Claim Fits(PuzzleFamily family) => new(
        "fits", "every network, that with random labels included, gives every training example its label (networks that do not)",
        family.Left.Count + (family.Random is { Point.Fits: false } ? 1 : 0), "0", family.Left.Count == 0 && family.Random is null or { Point.Fits: true }, family.Basis);

    /// <summary>Without normalization training loss does not tell test loss.</summary>
    public static Claim NoRelation(PuzzleFamily family)
    {
        double? rank = family.HasLine ? family.Spearman(point => point.TrainLoss, point => point.TestLoss) : null;
        return new Claim(
            "no-relation", "before normalization, training loss does not tell test loss (rank correlation, either way)", rank, "between -0.5 and 0.5", Math.Abs(rank ?? 1) < 0.5, family.Basis);
    }

    /// <summary>After normalization they lie on a line.</summary>
    /// <param name="family">The networks.</param>
    /// <param name="norm">What they are normalized by.</param>
    /// <param name="prefix">Before the claims' names.</param>
    /// <param name="low">Least slope.</param>
    /// <param name="high">Largest slope.</param>
    public static IEnumerable<Claim> Line(PuzzleFamily family, string norm, string prefix = "", double low = 0.5, double high = 1.1)
    {
        string by = $"divided by {PuzzleNorms.Title(norm)}, ";
        LossLine? line = family.HasLine ? family.Line(norm) : null;
        string basis = line is null
            ? family.Basis
            : Invariant($"{family.Basis}; slope {line.Slope:0.000} (95 % of {LossLine.Resamples:N0} resampled families {line.Low:0.000} to {line.High:0.000}), residuals' standard deviation {line.Deviation:G3} nats");
        yield return new Claim(
            prefix + "line", by + "test loss is a linear function of training loss (R²)", line?.RSquared, Invariant($"above {LeastRSquared}"), line?.RSquared > LeastRSquared, basis);
        yield return new Claim(
            prefix + "line-around", by + "and the line goes through ln K, the loss of no answer (R² of the best line through it, about the networks' mean)",
            line?.RSquaredAround, Invariant($"above {LeastRSquared}"), line?.RSquaredAround > LeastRSquared, basis);
        yield return new Claim(
            prefix + "slope", by + "its slope is near 1", line?.Slope, Invariant($"{low} to {high}"), line?.Slope >= low && line.Slope <= high, basis);
        if (family.Random is { } random)
        {
            ScaledLoss scaled = random.Point.Scaled[norm];
            double? off = line is null ? null : Math.Abs(scaled.Test - line.At(scaled.Train)) / line.Uncertainty(scaled.Train);
            yield return new Claim(
                prefix + "random-on-line", by + "the network with random labels lies on the same line (its distance over the half width of the 95 % prediction interval there)",
                off, "at most 1", off <= 1, Invariant($"{basis}; its losses less ln K: training {scaled.Train:G3}, test {scaled.Test:G3}"));
        }
    }

    /// <summary>Normalized training loss ranks networks by their test error.</summary>
    public static Claim Ranks(PuzzleFamily family, string norm, string prefix = "")
    {
        double? rank = family.HasLine ? family.Spearman(PuzzleFamily.Train(norm), point => point.TestError) : null;
        return new Claim(
            prefix + "ranks", $"divided by {PuzzleNorms.Title(norm)}, training loss ranks the networks by test error (rank correlation)", rank, "above 0.6", rank > 0.6, family.Basis);
    }

    /// <summary>A rank correlation that a figure shows.</summary>
    public static Claim Rises(PuzzleFamily family, string id, string statement, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y, double least = 0.6)
    {
        double? rank = family.HasLine ? family.Spearman(x, y) : null;
        return new Claim(id, $"{statement} (rank correlation)", rank, Invariant($"above {least}"), rank > least, family.Basis);
    }
}
