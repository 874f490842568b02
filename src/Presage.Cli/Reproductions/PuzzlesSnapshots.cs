using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Networks at several moments, of several training losses: Figure 9 by the L1 norm, Figure 10 by the Frobenius norm.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesSnapshots(int figure) : PuzzleReproduction
{
    private readonly string _norm = figure == 9 ? PuzzleNorms.L1 : PuzzleNorms.Frobenius;

    public override string Id => $"puzzles-fig{figure}";

    public override string Figure => $"Figure {figure}";

    public override string Shows => figure == 9
        ? "by whichever norm layers are normalized, test loss is the same linear function of training loss"
        : "networks of different training losses lie on one line once normalized, and on none before";

    public override (double? Quick, double? Standard) Minutes => (5, 12);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Pretrained(scale);

    protected override IEnumerable<string> More(Scale scale) =>
    [
        "Every measured moment at which a network gives all training examples their labels is a point. For intervals, networks are resampled with all their moments.",
        .. figure == 9 ? (IEnumerable<string>)
            [
                "The document divides by the L1 norms over 100; here the logarithm of the product is kept, and nothing overflows.",
                "L3 and spectral norms are small: divided by their product outputs stay large and losses far from ln K, where they are not proportional to 1/ρ any more, and no line is to be expected, though at the standard scale the spectral norms gave one.",
            ]
            : [],
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.Of(results, run => run.Points.Where(point => point.Fits).DefaultIfEmpty(run.End));
        string[] others = figure == 9 ? [PuzzleNorms.L3, PuzzleNorms.Spectral] : [];
        return Show(
            family,
            _norm,
            [
                PuzzleClaims.Fits(family),
                .. figure == 10 ? [PuzzleClaims.NoRelation(family)] : (IEnumerable<Runs.Reproductions.Claim>)[],
                .. PuzzleClaims.Line(family, _norm), .. others.SelectMany(norm => PuzzleClaims.Line(family, norm, norm + "-").Where(claim => string.Equals(claim.Id, norm + "-line", StringComparison.Ordinal))),
                PuzzleClaims.Ranks(family, _norm),
            ],
            [
                .. others.Select(norm => PuzzlePanels.Normalized(family, norm)),
                PuzzlePanels.Scatter(family, "Test error", "normalized training loss − ln K (nats)", "test error", Invariant($"Each point is a network at a moment at which it fits its training set."), PuzzleFamily.Train(_norm), point => point.TestError),
            ]);
    }
}
