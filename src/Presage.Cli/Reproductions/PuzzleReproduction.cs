using Presage.Cli.Studies;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A figure of document 002: a family of networks, trained once for all figures that show it, and what they show.</summary>
internal abstract class PuzzleReproduction : Reproduction<PuzzleNet, PuzzleRun>
{
    public sealed override string Document => PuzzlesDocument.Title;

    public override string DataSet => "cifar10";

    public sealed override bool TakesOtherData => true;

    public sealed override (int Train, int Test) LeastImages(Scale scale) =>
        (Nets(scale).Max(net => net.Examples ?? 1), Nets(scale).Max(net => net.Examples is null ? 1 : net.TestExamples));

    public sealed override ImageCounts MostImages(Scale scale) =>
        Nets(scale).Any(net => net.Examples is null) ? new(null, null) : new(LeastImages(scale).Train, LeastImages(scale).Test);

    public sealed override string Sizes(Scale scale) => string.Join("; ", Nets(scale)
        .GroupBy(net => (net.Model, net.TestExamples, net.Plan))
        .Select(kind => Invariant($"{kind.Count()} networks ({Name(kind.Key.Model)}, {Range(kind, net => net.Width)} channels), N = {Range(kind, net => net.Examples)}, {kind.Key.TestExamples:N0} test images, {kind.Key.Plan}")));

    public sealed override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. At the paper scale: {Sizes(Scale.Paper)}."],
        "The step size is constant, where the document lowers it; images are neither cropped nor flipped, and divided by the standard deviation of the training images chosen; the networks stop at the first measurement at which they give every training example its label with a training loss as low as said.",
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)["Step sizes, passes of pretraining, widths and initial standard deviations of the smaller scales were set after trial runs of seed 1 in which some networks did not fit their training sets, or pretraining left no trace."],
        "The document draws its figures and names no thresholds: the claims' are ours, set before the first run; where one was changed since it is said below. It does not give batch sizes but for Figure 1 and its residual networks, nor, but for Figure 2, the initial standard deviations. A network of which no label is permuted is not pretrained. One network stands for each point, of one seed; a line or rank correlation is given of five networks at least, and of four in five of a family.",
        "Normalized losses are drawn less ln K, computed in float64 from logarithms near 1: they differ by less than plain cross-entropy could show. Spectral norms are those of kernels reshaped to matrices.",
        "\"R², exchanged\" is what is left of R² when every network's test loss is replaced by another's, rescaled to its own ρ: both losses are divided by ρ, which makes a line of networks that say nothing of one another.",
        .. More(scale),
    ];

    /// <summary>The networks that the figure shows.</summary>
    protected abstract IReadOnlyList<PuzzleNet> Nets(Scale scale);

    /// <summary>Further choices that are not the document's.</summary>
    protected virtual IEnumerable<string> More(Scale scale) => [];

    protected sealed override IReadOnlyList<PuzzleNet> Grid(Scale scale) => Nets(scale);

    protected sealed override string NameOf(PuzzleNet setting) => setting.Name;

    protected sealed override double CostOf(PuzzleNet setting) => setting.Cost;

    protected sealed override string SharedKeyOf(PuzzleNet setting) => setting.Key;

    protected sealed override PuzzleRun Measure(PuzzleNet setting, SettingWork work) => PuzzleTraining.Run(setting, work);

    /// <summary>Three panels and two tables that every family has, and the claims given.</summary>
    protected static Outcome Show(PuzzleFamily family, string norm, IEnumerable<Claim> claims, IEnumerable<Panel>? more = null) => new(
        [.. claims],
        [PuzzlePanels.Raw(family), PuzzlePanels.Normalized(family, norm), .. more ?? []],
        [PuzzlePanels.Lines(family, [.. family.Members.Concat(family.Left).First().Point.Scaled.Keys]), PuzzlePanels.Networks(family, norm)]);

    private static string Name(PuzzleModel model) => model switch
    {
        PuzzleModel.ThreeStrided => "3 layers, Appendix B",
        PuzzleModel.Three => "3 layers, Appendix L.1",
        PuzzleModel.Five => "5 layers",
        PuzzleModel.FiveNormalized => "5 layers with batch normalization, Appendix L.2",
        _ => "residual with batch normalization",
    };

    private static string Range(IEnumerable<PuzzleNet> nets, Func<PuzzleNet, int?> value)
    {
        int?[] values = [.. nets.Select(value).Distinct().Order()];
        return values switch
        {
            [null, ..] => "all",
            [var one] => Invariant($"{one:N0}"),
            _ => Invariant($"{values[0]:N0} to {values[^1]:N0}"),
        };
    }
}
