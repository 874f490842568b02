using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;
using static Presage.Tests.PuzzleSamples;

namespace Presage.Tests;

public class PuzzleClaimsTests
{
    // Ranks of eight test losses whose rank correlation with 1…8 is 1 − 6·92/504 = −0.095.
    private static readonly double[] Mixed = [4, 7, 2, 6, 3, 8, 1, 5];

    [Fact]
    public void Networks_on_a_line_through_ln_K_hold_every_claim()
    {
        PuzzleFamily family = Family((x, i) => OnLine(x, i), Point(-0.02, -0.016, error: 0.9));
        Claim[] claims = [.. All(family)];
        Assert.Equal(["fits", "no-relation", "line", "line-around", "slope", "random-on-line", "ranks"], claims.Select(claim => claim.Id));
        Assert.All(claims, claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(-0.095, claims[1].Measured!.Value, 3);
        Assert.Equal(0.8, claims[4].Measured!.Value, 2);
        Assert.Equal(1, claims[6].Measured!.Value, 12);
    }

    [Theory]
    [InlineData(0.3, 0, 0, new[] { "slope" })]
    [InlineData(1.3, 0, 0, new[] { "slope" })]
    [InlineData(0.8, 0.1, 0, new[] { "line-around" })]
    [InlineData(0.8, 0, 0.02, new[] { "random-on-line" })]
    [InlineData(0.8, 0, -0.02, new[] { "random-on-line" })]
    public void What_is_broken_breaks_its_own_claim_and_no_other(double slope, double intercept, double randomOff, string[] broken)
    {
        PuzzleFamily family = Family((x, i) => OnLine(x, i, slope, intercept), Point(-0.02, (slope * -0.02) + intercept + randomOff));
        Assert.Equal(broken, Broken(PuzzleClaims.Line(family, PuzzleNorms.Frobenius)));
    }

    [Fact]
    public void Scattered_networks_are_on_no_line()
    {
        PuzzleFamily family = Family((x, i) => Point(x, -0.03 * Mixed[i]));
        Assert.Equal(["line", "line-around", "slope"], Broken(PuzzleClaims.Line(family, PuzzleNorms.Frobenius)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Training_loss_that_tells_test_loss_either_way_is_a_relation(int sign) =>
        Assert.False(PuzzleClaims.NoRelation(Family((x, i) => Point(x, x, trainLoss: 0.01 * i, testLoss: 5 + (sign * i)))).Holds);

    [Fact]
    public void A_rank_correlation_has_to_have_the_right_sign()
    {
        Assert.True(PuzzleClaims.Ranks(Family((x, i) => Point(x, x, error: 0.1 * i)), PuzzleNorms.Frobenius).Holds);
        Assert.False(PuzzleClaims.Ranks(Family((x, i) => Point(x, x, error: 1 - (0.1 * i))), PuzzleNorms.Frobenius).Holds);

        // All of one error: no rank correlation, and nothing holds.
        Claim flat = PuzzleClaims.Ranks(Family((x, _) => Point(x, x, error: 0.5)), PuzzleNorms.Frobenius);
        Assert.Equal((null, false), (flat.Measured, flat.Holds));
    }

    [Fact]
    public void A_network_that_does_not_fit_is_counted_and_moves_no_line()
    {
        PuzzlePoint random = Point(-0.02, -0.016);
        PuzzleFamily without = Family((x, i) => OnLine(x, i), random);
        PuzzleFamily with = Family((x, i) => OnLine(x, i), random, Point(-0.3, 0.5, trainError: 0.01));
        Assert.Equal((1, false), ((int)PuzzleClaims.Fits(with).Measured!, PuzzleClaims.Fits(with).Holds));
        Assert.Equal(
            PuzzleClaims.Line(without, PuzzleNorms.Frobenius).Select(claim => claim.Measured), PuzzleClaims.Line(with, PuzzleNorms.Frobenius).Select(claim => claim.Measured));
        Assert.Contains("1 more left out", PuzzleClaims.Fits(with).Basis, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_networks_are_no_line_and_hold_nothing()
    {
        var family = PuzzleFamily.AtTheEnd([(Net("a"), Run(Point(-0.2, -0.1))), (Net("b"), Run(Point(-0.1, -0.05))), (Net("r", isRandom: true), Run(Point(0, 0)))]);
        Assert.All(
            PuzzleClaims.Line(family, PuzzleNorms.Frobenius).Append(PuzzleClaims.NoRelation(family)).Append(PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius)),
            claim => Assert.Equal((null, false), (claim.Measured, claim.Holds)));
    }

    // An untrained network has losses of ln K, through which every line passes.
    [Fact]
    public void A_network_that_has_not_fitted_its_random_labels_lies_on_no_line()
    {
        PuzzleFamily family = Family((x, i) => OnLine(x, i), Point(0, 0, error: 0.9, trainError: 0.9, trainLoss: Math.Log(10)));
        Assert.Contains("random-on-line", Broken(PuzzleClaims.Line(family, PuzzleNorms.Frobenius)));
    }

    [Fact]
    public void Moments_of_one_network_are_no_family()
    {
        var family = PuzzleFamily.Of([(Net("a"), Run(Point(-0.3, -0.2, epoch: 1), Point(-0.2, -0.1, epoch: 2), Point(-0.1, -0.05, epoch: 3)))], run => run.Points);
        Assert.False(family.HasLine);
        Assert.StartsWith("3 moments of 1 networks", family.Basis, StringComparison.Ordinal);
    }

    private static PuzzlePoint OnLine(double x, int i, double slope = 0.8, double intercept = 0) => Point(
        x, (slope * x) + intercept + (i % 2 == 0 ? 0.001 : -0.001), error: 0.5 + (0.02 * i), trainLoss: 0.01 * (i + 1), testLoss: 2 + (0.1 * Mixed[i]), logRho: 3 + i);

    private static IEnumerable<Claim> All(PuzzleFamily family) =>
    [
        PuzzleClaims.Fits(family), PuzzleClaims.NoRelation(family), .. PuzzleClaims.Line(family, PuzzleNorms.Frobenius), PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius),
    ];
}
