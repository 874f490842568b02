using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

public class MysteryFigure4Tests
{
    private static readonly WinsorSizes Small = new(200, 50, 6, [50], [0, 8]);

    [Fact]
    public void A_training_gives_the_same_whenever_it_is_run_and_training_accuracy_is_that_of_right_and_wrong_labels_together()
    {
        foreach (int clipped in Small.Clipped)
        {
            WinsorCurve first = Run(clipped);
            Assert.Equal(first.Points, Run(clipped).Points);
            Assert.Equal(12, first.Points[^1].Step);
            Assert.All(first.Points, point => Assert.Equal(
                (1 - first.WrongShare) * point.Pristine!.Value + first.WrongShare * point.Corrupt!.Value, point.Train, 1e-12));
        }

        Assert.NotEqual(Run(0).Points, Run(8).Points);

        static WinsorCurve Run(int clipped) => MysteryFigure4.Train(MadeUpImages.Of(200, 4, seed: 1), new WinsorSetting(50, clipped), Small, [8], MadeUpImages.Work());
    }

    [Fact]
    public void Claims_hold_where_clipping_holds_memorization_down_and_not_where_it_does_nothing()
    {
        Assert.All(Judged(c => 0.3 - 0.03 * c, c => 1 - 0.1 * c), claim => Assert.True(claim.Holds, claim.Id));
        IReadOnlyList<Claim> same = Judged(_ => 0.3, _ => 1);
        Assert.DoesNotContain(same, claim => claim.Holds);
        Assert.Equal(
            ["overfit-falls-0", "overfit-falls-50", "overfit-falls-100", "stays-below-50", "stays-below-100", "random-hindered-more"], same.Select(claim => claim.Id));
    }

    [Fact]
    public void Overfit_must_fall_at_every_step_of_c()
    {
        Claim claim = Judged(c => c == 2 ? 0.05 : 0.3 - 0.03 * c, c => 1 - 0.1 * c)[0];
        Assert.False(claim.Holds);
        Assert.Equal(0.01, claim.Measured!.Value, 1e-9);
    }

    // Overfit at the end as told, and training accuracy 0.9 on right labels, of random ones times what is kept.
    private static IReadOnlyList<Claim> Judged(Func<int, double> overfit, Func<int, double> kept) => new MysteryFigure4().Judge(
        Scale.Quick,
        [
            .. from noise in MysteryFigure4.SizesAt(Scale.Quick).Noise from c in MysteryFigure4.SizesAt(Scale.Quick).Clipped
               select System.Text.Json.JsonSerializer.Serialize(Curve(noise, overfit(c), c, kept(c)), Reproduction.Json),
        ]).Claims;

    private static WinsorCurve Curve(int noise, double overfit, int clipped, double kept)
    {
        double wrong = 0.009 * noise;
        double train = noise == 0 ? 0.9 : Math.Max(0.05, (kept < 1 && clipped == 8 ? 0.9 * (1 - wrong) : 0.95) * (noise == 100 ? kept : 1));
        return new WinsorCurve(wrong, [new(0, train, 0.1, null, null), new(1000, train, train - overfit, null, null)]);
    }
}
