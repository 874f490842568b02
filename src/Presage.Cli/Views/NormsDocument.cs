using Presage.Norms;
using Presage.Runs.Checkpoints;

namespace Presage.Cli.Views;

/// <summary>The document that <c>norms --json</c> prints; its field names are a promise to programs.</summary>
internal static class NormsDocument
{
    public const string Schema = "presage.norms/1";

    /// <param name="report">The networks.</param>
    /// <param name="page">The page about them.</param>
    public static string Of(NormsReport report, string page) => DocumentJson.Of(
        new
        {
            Schema,
            report.Norm,
            report.Scale,
            Networks = report.Networks.Select(Network),
            Ranking = report.Ranking is { } ranking
                ? new { ranking.Reason, Order = ranking.Order.Select(n => report.Networks[n].Name), ranking.Spearman }
                : null,
            Page = page,
            report.Seconds,
        });

    private static object Network(NetworkReport network) => new
    {
        network.Name,
        network.File,
        network.Model,
        network.Architecture,
        network.Parameters,
        network.Reading,
        network.Training,
        network.Source,
        Normalized = network.Normalized is { } normalized
            ? new
            {
                LogRho = normalized.LogNorm,
                Log10Rho = normalized.LogNorm / Math.Log(10),
                normalized.Form.IsProduct,
                normalized.Form.Absorbed,
                SameAnswersOn = normalized.Proof.Examples,
                LargestDifference = normalized.Proof.Difference,
                normalized.Proof.AbsorptionDifference,
            }
            : null,
        network.Refusal,
        Layers = network.Layers.Select(layer => new
        {
            layer.Norms.Layer,
            layer.Norms.Shape,
            layer.Norms.Frobenius,
            layer.Norms.L1,
            layer.Norms.Spectral,
            SpectralOf = layer.Norms.Kind,
            layer.Norms.SpectralTolerance,
            layer.Norms.StableRank,
            NormalizedBy = layer.Norm,
            DistanceFromInitialization = layer.Distance?.Frobenius,
        }),
        Log10Products = new { Frobenius = Product(network, layer => layer.Frobenius), L1 = Product(network, layer => layer.L1), Spectral = Product(network, layer => layer.Spectral) },
        network.PathNorm,
        DistanceFromInitialization = network.Distance is { } distance ? new { distance.Frobenius, distance.Relative } : null,
        Train = Examples(network.Train),
        Test = Examples(network.Test),
    };

    private static double? Product(NetworkReport network, Func<LayerNorms, double> norm) => network.Log10Product(norm) is var log && double.IsFinite(log) ? log : null;

    private static object Examples(ExamplesReport examples) => new
    {
        examples.Examples,
        examples.Loss,
        examples.Error,
        NormalizedLoss = examples.NormalizedLoss?.Mean,
        NormalizedLossMinusLnK = examples.NormalizedLoss?.Excess,
        Margins = Margin(examples.Margins),
        NormalizedMargins = Margin(examples.NormalizedMargins),
    };

    private static object? Margin(Margins? margins) => margins is null
        ? null
        : new { margins.Mean, margins.NonPositive, Quantiles = NormsWords.Shares.Zip(margins.Quantiles([.. NormsWords.Shares]), (share, value) => new { Share = share, Value = value }) };
}
