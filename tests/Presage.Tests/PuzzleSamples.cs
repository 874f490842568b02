using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;

namespace Presage.Tests;

/// <summary>Made-up figures of document 002's networks.</summary>
internal static class PuzzleSamples
{
    private static readonly string[] Norms = [PuzzleNorms.Frobenius, PuzzleNorms.L1, PuzzleNorms.L3, PuzzleNorms.Spectral, PuzzleNorms.OneImage];

    /// <summary>Eight normalized training losses less ln K: -0.4, -0.35, …, -0.05.</summary>
    public static IReadOnlyList<double> Places { get; } = [.. Enumerable.Range(1, 8).Select(i => -0.05 * (9 - i))];

    public static PuzzlePoint Point(
        double train, double test, double error = 0.5, double trainError = 0, double trainLoss = 0.01, double testLoss = 2, double logRho = 3, int epoch = 10) =>
        new(epoch, trainLoss, trainError, testLoss, error, Norms.ToDictionary(norm => norm, _ => new ScaledLoss(logRho, train, test), StringComparer.Ordinal));

    public static PuzzleRun Run(params PuzzlePoint[] points) => RunOf(1000, points);

    public static PuzzleRun RunOf(int examples, params PuzzlePoint[] points) => new(
        10, examples, 1000, 5000, points, new NormalizedOutputs(0.03, 0.01, 60, 16, 0, 0.06, [.. Enumerable.Repeat(1, 60)], 0.001, [0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008]),
        new NormalizationFigures(1e-12, 1e-6, 8), TrueLabelTestError: 0.9);

    public static PuzzleNet Net(string name, bool isRandom = false) =>
        new(name, PuzzleModel.Three, 8, 1000, 1000, new PuzzlePlan(0, 60, 3, 50, 0.05, 0.05), HasRandomLabels: isRandom);

    /// <summary>Eight networks, and the one trained on random labels, each with one moment.</summary>
    public static PuzzleFamily Family(Func<double, int, PuzzlePoint> of, PuzzlePoint? random = null, params PuzzlePoint[] more) => PuzzleFamily.AtTheEnd(
    [
        .. Places.Select((x, i) => (Net($"n{i}"), Run(of(x, i)))),
        .. more.Select((point, i) => (Net($"m{i}"), Run(point))),
        .. random is null ? (IEnumerable<(PuzzleNet, PuzzleRun)>)[] : [(Net("random-labels", isRandom: true), Run(random))],
    ]);

    /// <summary>A figure's claims from made-up figures of each of its networks.</summary>
    public static IReadOnlyList<Claim> Judged(Reproduction figure, IReadOnlyList<PuzzleNet> nets, Func<PuzzleNet, int, PuzzleRun> of, Scale scale = Scale.Quick) =>
        figure.Judge(scale, [.. nets.Select((net, i) => JsonSerializer.Serialize(of(net, i), Reproduction.Json))]).Claims;

    public static IEnumerable<string> Broken(IEnumerable<Claim> claims) => claims.Where(claim => !claim.Holds).Select(claim => claim.Id);
}
