using Presage.Cli.Reproductions;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class PuzzleFamiliesTests
{
    private static readonly Func<Scale, IReadOnlyList<PuzzleNet>>[] All =
    [
        PuzzleFamilies.Initializations, PuzzleFamilies.DigitInitializations, PuzzleFamilies.Pretrained, PuzzleFamilies.NormalizedPretrained,
        PuzzleFamilies.NormalizedInitializations, PuzzleFamilies.Residuals, PuzzleFamilies.SampleSizes, PuzzleFamilies.Widths,
    ];

    [Fact]
    public void Networks_of_the_paper_scale_have_the_document_s_sizes()
    {
        PuzzleNet[] init = [.. PuzzleFamilies.Initializations(Scale.Paper)];
        Assert.Equal((26, 25, 1), (init.Length, init.Where(net => !net.HasRandomLabels).Select(net => net.Deviation).Distinct().Count(), init.Count(net => net.HasRandomLabels)));
        Assert.Equal(0.1, init.Single(net => net.HasRandomLabels).Deviation);
        Assert.All(init, net => Assert.Equal((64, null, 10_000), (net.Width, net.Examples, net.TestExamples)));

        // Appendices L.1.1, L.1.2 and L.2, Figure 1 ("approximately 10000").
        Assert.Equal(154_464, Parameters(PuzzleFamilies.Pretrained(Scale.Paper)[0], [3, 32, 32]));
        Assert.Equal(165_784, Parameters(PuzzleFamilies.DigitInitializations(Scale.Paper)[0], [1, 28, 28]));
        Assert.Equal(9_978, Parameters(PuzzleFamilies.SampleSizes(Scale.Paper)[0], [3, 32, 32]));

        // The document's has about 188,810; where its resolution falls is not said. The report has to say so.
        Assert.Equal(150_954, Parameters(PuzzleFamilies.NormalizedPretrained(Scale.Paper)[0], [3, 32, 32]));
        Assert.Contains(new PuzzlesNormalizedFive(11).Differs(Scale.Paper), each => each.Contains("188,810", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Paper", 56)]
    [InlineData("Standard", 14)]
    [InlineData("Quick", 14)]
    public void Residual_networks_have_the_layers_that_the_report_says(string at, int layers)
    {
        Scale scale = Enum.Parse<Scale>(at);
        using var scope = NewDisposeScope();
        using var model = PuzzleNetworks.Make(PuzzleFamilies.Residuals(scale)[0], [3, 32, 32], 10, 1);
        Assert.Equal(layers, 1 + model.modules().OfType<Conv2d>().Count(layer => layer.weight!.shape[2] == 3));
        Assert.Contains($"{layers} layers", string.Join(' ', new PuzzlesResidual().Differs(scale)), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_in_a_family_differ_and_so_do_keys() => Assert.All(
        from family in All from scale in Enum.GetValues<Scale>() select family(scale),
        nets =>
        {
            Assert.Distinct(nets.Select(net => net.Name), StringComparer.Ordinal);
            Assert.Distinct(nets.Select(net => net.Key), StringComparer.Ordinal);
            Assert.All(nets, net => Assert.True(net.Plan.StopLoss > 0 && net.Plan.Every <= net.Plan.MostEpochs && net.Plan.Batch <= (net.Examples ?? int.MaxValue)));
        });

    [Fact]
    public void A_smaller_scale_is_less_work() => Assert.All(
        All,
        family => Assert.True(family(Scale.Quick).Sum(net => net.Cost) < family(Scale.Standard).Sum(net => net.Cost) && family(Scale.Standard).Sum(net => net.Cost) < family(Scale.Paper).Sum(net => net.Cost)));

    [Fact]
    public void Every_network_of_a_family_is_shown_by_some_figure()
    {
        HashSet<string> shown = [.. Catalogue.All.Where(each => each.Id.StartsWith("puzzles-", StringComparison.Ordinal)).SelectMany(each => each.Settings(Scale.Standard)).Select(setting => setting.SharedKey!)];
        Assert.All(All.SelectMany(family => family(Scale.Standard)), net => Assert.Contains(net.Key, shown));
    }

    [Fact]
    public void A_figure_of_networks_at_one_training_loss_trains_beyond_it() => Assert.All(
        Enum.GetValues<Scale>(),
        scale =>
        {
            Assert.All(PuzzleFamilies.NormalizedPretrained(scale).Concat(PuzzleFamilies.NormalizedInitializations(scale)), net => Assert.True(net.Plan.StopLoss < 0.006, net.Name));
            Assert.All(PuzzleFamilies.Pretrained(scale), net => Assert.True(net.Plan.StopLoss < 0.0044, net.Name));
        });

    private static long Parameters(PuzzleNet net, int[] shape)
    {
        using var scope = NewDisposeScope();
        using var model = PuzzleNetworks.Make(net, shape, 10, 1);
        return model.parameters().Sum(parameter => parameter.numel());
    }
}
