using MathNet.Numerics.Statistics;
using Presage.Norms;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Document 002's statements on a family of networks, measured.</summary>
internal static class PuzzleClaims
{
    /// <summary>R² from which on points are said to lie on a line.</summary>
    public const double LeastRSquared = 0.98;

    private const double LeastRank = 0.6;

    private const int Permutations = 10_000;

    /// <summary>All networks give their training examples their labels.</summary>
    public static Claim Fits(PuzzleFamily family)
    {
        int unfitted = family.Left.Count + (family.Random is { Point.Fits: false } ? 1 : 0);
        return new Claim(
            "fits", $"every network{(family.Random is null ? "" : ", that with random labels included,")} gives every training example its label (networks that do not)", unfitted, "0", unfitted == 0, family.Basis);
    }

    /// <summary>All networks that are compared at one training loss have it.</summary>
    public static Claim HaveTheLoss(PuzzleFamily family, double trainLoss) => new(
        "same-loss", Invariant($"every network has a moment at which it gives every training example its label with a training loss within a factor of 2 of {trainLoss} nats (networks that have none)"),
        family.Left.Count, "0", family.Left.Count == 0, family.Basis);

    /// <summary>The last network of each training is what was normalized: f = ρ·f̃, with batch normalizations absorbed.</summary>
    public static Claim Absorbed(PuzzleFamily family)
    {
        NormalizationFigures?[] proofs = [.. family.Members.Concat(family.Left).Append(family.Random).OfType<PuzzleMember>().Select(member => member.Run.Normalization).Distinct()];
        double? largest = proofs.Any(proof => proof is null) ? null : proofs.Max(proof => proof!.AbsorptionDifference);
        return new Claim(
            "absorbed", "with batch normalizations absorbed, every network gives the outputs that it gave (largest relative difference)", largest, Invariant($"at most {NormalizedNetwork.AbsorptionTolerance}"),
            largest <= NormalizedNetwork.AbsorptionTolerance,
            Invariant($"{family.Basis}; {proofs.FirstOrDefault()?.Examples} training images each; f and ρ·f̃ differ by at most {proofs.Max(proof => proof?.Difference):G2}, and answer alike"));
    }

    /// <summary>Without normalization training loss does not tell test loss.</summary>
    public static Claim NoRelation(PuzzleFamily family)
    {
        double? rank = RankOf(family, family.Values(point => point.TrainLoss), family.Values(point => point.TestLoss));
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
            prefix + "slope", by + "its slope is near 1, above one half where N is small", line?.Slope, Invariant($"{low} to {high}"), line?.Slope >= low && line.Slope <= high, basis);
        if (family.Random is { } random)
        {
            ScaledLoss scaled = random.Point.Scaled[norm];
            double? off = line is null || !random.Point.Fits ? null : Math.Abs(scaled.Test - line.At(scaled.Train)) / line.Uncertainty(scaled.Train);
            yield return new Claim(
                prefix + "random-on-line", by + "the network with random labels lies on the same line (its distance over the half width of the line's 95 % prediction interval there)",
                off, "at most 1", off <= 1,
                random.Point.Fits
                    ? Invariant($"{basis}; its losses less ln K: training {scaled.Train:G3}, test {scaled.Test:G3}; distance {Math.Abs(scaled.Test - (line?.At(scaled.Train) ?? double.NaN)) / line?.Deviation:0.0} standard deviations of the residuals")
                    : Invariant($"{basis}; it does not fit its labels, and a network that has learnt nothing lies on every line through ln K"));
        }
    }

    /// <summary>Normalized training loss ranks networks by their test error.</summary>
    public static Claim Ranks(PuzzleFamily family, string norm) => Rises(
        family, "ranks", $"divided by {PuzzleNorms.Title(norm)}, training loss ranks the networks by test error", PuzzleFamily.Train(norm), point => point.TestError);

    /// <summary>A rank correlation that a figure shows.</summary>
    public static Claim Rises(PuzzleFamily family, string id, string statement, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y) =>
        Rises(family, id, statement, family.Values(x), family.Values(y));

    /// <summary>A rank correlation that a figure shows, of values of the members in their order.</summary>
    public static Claim Rises(PuzzleFamily family, string id, string statement, double[] x, double[] y)
    {
        double? rank = RankOf(family, x, y);
        string chance = rank is null || family.Members.Count > family.Networks ? "" : Invariant($"; as large by chance alone in {100 * Chance(x, y):0.#} % of {Permutations:N0} random orders");
        return new Claim(id, $"{statement} (rank correlation)", rank, Invariant($"above {LeastRank}"), rank > LeastRank, family.Basis + chance);
    }

    private static double? RankOf(PuzzleFamily family, double[] x, double[] y) =>
        family.HasLine && Correlation.Spearman(x, y) is var rank && double.IsFinite(rank) ? rank : null;

    // Share of random orders whose rank correlation is at least as large.
    private static double Chance(double[] x, double[] y)
    {
        var random = new SeededRandom(1).Derive("random orders");
        double rank = Correlation.Spearman(x, y);
        double[] shuffled = [.. y];
        return Enumerable.Range(0, Permutations).Count(_ =>
        {
            random.Shuffle(shuffled.AsSpan());
            return Correlation.Spearman(x, shuffled) >= rank - 1e-9;
        }) / (double)Permutations;
    }
}
