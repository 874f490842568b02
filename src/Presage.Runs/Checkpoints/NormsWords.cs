using Presage.Norms;
using static System.FormattableString;

namespace Presage.Runs.Checkpoints;

/// <summary>Measured networks in words and cells, for page and program.</summary>
public static class NormsWords
{
    /// <summary>Shares of examples whose margins are shown.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

    /// <summary>What was proven, or why the network was refused.</summary>
    /// <param name="network">The network.</param>
    public static string Proof(NetworkReport network)
    {
        if (network.Normalized is not { } normalized)
        {
            return $"Not normalized: {network.Refusal!.Reason}";
        }

        var (proof, absorbed) = (normalized.Proof, normalized.Form.Absorbed.Count);
        string folded = absorbed == 0
            ? ""
            : Invariant($" {absorbed} batch normalizations are absorbed into the layers before them, which changes outputs by {proof.AbsorptionDifference:0.0e+0} of the largest.");
        string sum = normalized.Form.IsProduct ? "the product of the layers' norms" : "the sum over paths of the products of the layers' norms";
        return Invariant(
            $"f = ρ·f̃ with log10 ρ = {normalized.LogNorm / Math.Log(10):0.000}, {sum}: the same answer on all {proof.Examples} examples tried, and |f/ρ − f̃| at most {proof.Difference:0.0e+0} of the largest output.{folded}");
    }

    /// <summary>Whether the losses are those of the set it was trained on.</summary>
    /// <param name="source">Which examples it was judged on.</param>
    public static string Source(ExamplesSource source) => source.IsTrainingSet switch
    {
        true => $"Training examples: those that it was trained on, of {source.Data}.",
        false => $"Training examples of {source.Data} that are NOT those that it was trained on, by their digest; standardized by {(source.HasStoredMoments ? "the mean and deviation stored with the network" : "their own mean and deviation")}.",
        _ => $"Training examples of {source.Data}, standardized by their own mean and deviation; the file does not say which it was trained on.",
    };

    /// <summary>What is asked of the products of norms.</summary>
    /// <param name="network">The network.</param>
    public static string Products(NetworkReport network) => Invariant(
        $"log10 of the products: Frobenius {network.Log10Product(layer => layer.Frobenius):0.000}, L1 {network.Log10Product(layer => layer.L1):0.000}, spectral {network.Log10Product(layer => layer.Spectral):0.000}; path norm {ReportText.Number(network.PathNorm)}; ")
        + (network.Distance is { } distance
            ? Invariant($"distance from initialization {ReportText.Number(distance.Frobenius)}, {ReportText.Percent(distance.Relative)} of the initial norm.")
            : "distance from initialization unknown: the file does not say from which seed the network started.");

    // What presage judge found over presage zoo's networks; README has the figures.
    private const string Caution =
        " With care: across small dense networks on MNIST and CIFAR-10 trained to one loss (presage judge), the lower normalized training loss meant the lower test error where label noise differed, and the higher one"
        + " where training set size or, on MNIST, learning rate did.";

    /// <summary>The order of the networks, or why there is none.</summary>
    /// <param name="ranking">The ranking.</param>
    public static string Ranking(NormsRanking ranking) => ranking.Order.Count == 0
        ? $"No ranking. {ranking.Reason}"
        : ranking.Reason + (ranking.Spearman is { } rho
            ? Invariant($" Spearman correlation of normalized training loss and test error: {rho:0.00} over {ranking.Order.Count} networks.")
            : " A rank correlation takes at least three networks that differ.")
            + Caution;

    /// <summary>Heads of the layers' table.</summary>
    public static IReadOnlyList<string> LayerColumns { get; } = ["layer", "weights", "Frobenius", "L1", "spectral", "of", "stable rank", "from init."];

    /// <summary>A row of the layers' table.</summary>
    /// <param name="layer">The layer.</param>
    public static IReadOnlyList<string> Cells(LayerReport layer) =>
    [
        layer.Norms.Layer, string.Join("x", layer.Norms.Shape), ReportText.Number(layer.Norms.Frobenius), ReportText.Number(layer.Norms.L1), ReportText.Number(layer.Norms.Spectral),
        Kind(layer.Norms.Kind), ReportText.Number(layer.Norms.StableRank), ReportText.Number(layer.Distance?.Frobenius),
    ];

    /// <summary>Heads of the examples' table.</summary>
    /// <param name="scale">The scale R of normalized losses.</param>
    public static IReadOnlyList<string> ExampleColumns(double scale) => ["examples", "n", "loss", "error", Invariant($"normalized loss (R = {scale})"), "minus ln K"];

    /// <summary>A row of the examples' table.</summary>
    /// <param name="name">What the examples are.</param>
    /// <param name="examples">What the network does on them.</param>
    public static IReadOnlyList<string> Cells(string name, ExamplesReport examples) =>
    [
        name, ReportText.Count(examples.Examples), ReportText.Number(examples.Loss), ReportText.Percent(examples.Error),
        Exact(examples.NormalizedLoss?.Mean), Scientific(examples.NormalizedLoss?.Excess),
    ];

    /// <summary>Heads of the margins' table.</summary>
    public static IReadOnlyList<string> MarginColumns { get; } = ["margin at", .. Shares.Select(share => share switch { 0 => "least", 0.5 => "median", 1 => "largest", _ => Invariant($"{share:P0}") })];

    /// <summary>Rows of the margins' table; none for regression.</summary>
    /// <param name="network">The network.</param>
    public static IEnumerable<IReadOnlyList<string>> MarginRows(NetworkReport network) =>
        from row in new[]
        {
            ("train", network.Train.Margins), ("train, normalized", network.Train.NormalizedMargins), ("test", network.Test.Margins), ("test, normalized", network.Test.NormalizedMargins),
        }
        where row.Item2 is not null
        select (IReadOnlyList<string>)[row.Item1, .. row.Item2.Quantiles([.. Shares]).Select(value => Scientific(value))];

    /// <summary>Heads of the ranking's table.</summary>
    public static IReadOnlyList<string> RankingColumns { get; } = ["network", "normalized train loss minus ln K", "normalized test loss minus ln K", "test error", "train error", "log10 ρ"];

    /// <summary>A row of the ranking's table.</summary>
    /// <param name="network">A network that is ranked.</param>
    public static IReadOnlyList<string> RankingCells(NetworkReport network) =>
    [
        network.Name, Scientific(network.Train.NormalizedLoss?.Excess), Scientific(network.Test.NormalizedLoss?.Excess), ReportText.Percent(network.Test.Error),
        ReportText.Percent(network.Train.Error), ReportText.Number(network.Normalized?.LogNorm / Math.Log(10)),
    ];

    private static string Kind(SpectralKind kind) => kind switch
    {
        SpectralKind.Matrix => "matrix",
        SpectralKind.CircularConvolution => "convolution (FFT)",
        _ => "reshaped kernel",
    };

    // Normalized losses differ far behind the digits that others need.
    private static string Exact(double? value) => value is { } number ? Invariant($"{number:0.0000000000}") : ReportText.NoValue;

    private static string Scientific(double? value) => value is { } number ? Invariant($"{number:0.0000e+0}") : ReportText.NoValue;
}
