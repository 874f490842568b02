using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

public class OsgrClaimsTests
{
    private static readonly double[] Places = [0.1, 0.3, 0.5, 0.7, 0.9];

    [Fact]
    public void Points_on_the_diagonal_hold()
    {
        Claim[] claims = [.. Claims(x => x).OnDiagonal(0.95, 0.9, 1.1)];
        Assert.Equal(["pearson-2", "slope-2"], claims.Select(claim => claim.Id));
        Assert.All(claims, claim => Assert.Equal((1, true), (Math.Round(claim.Measured!.Value, 12), claim.Holds)));
        Assert.Equal(["at least 0.95", "0.9 to 1.1"], claims.Select(claim => claim.Threshold));
        Assert.StartsWith("5 settings, made up, step 2", claims[0].Basis, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.89, false)]
    [InlineData(0.91, true)]
    [InlineData(1.09, true)]
    [InlineData(1.11, false)]
    [InlineData(-1, false)]
    public void A_line_of_another_slope_is_correlated_and_not_the_diagonal(double slope, bool holds)
    {
        Claim[] claims = [.. Claims(x => slope * x + 0.2).OnDiagonal(0.95, 0.9, 1.1)];
        Assert.Equal(slope, claims[1].Measured!.Value, 12);
        Assert.Equal((slope > 0, holds), (claims[0].Holds, claims[1].Holds));
    }

    [Fact]
    public void Correlation_holds_from_its_threshold_on()
    {
        // Of x = 1…5 and y = 2, 1, 4, 3, 5: 0.8.
        OsgrClaims claims = new(
            [.. new double[] { 2, 1, 4, 3, 5 }.Select((y, i) => Series(i + 1, [new OsgrPoint(2, y, i + 1, 1, 1)]))], "made up");
        Assert.Equal(0.8, claims.Correlation("c", 2, 0.7).Measured!.Value, 12);
        Assert.True(claims.Correlation("c", 2, 0.79).Holds);
        Assert.False(claims.Correlation("c", 2, 0.81).Holds);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Points_without_spread_or_without_values_give_no_figure_and_hold_nothing(bool flat, bool missing)
    {
        OsgrClaims claims = new(
            [.. Places.Select(x => Series(x, [new OsgrPoint(2, missing ? null : x, flat ? 0.5 : x, 1, 1)]))], "made up");
        Assert.All(claims.OnDiagonal(0.95, 0.9, 1.1), claim => Assert.Equal((null, false), (claim.Measured, claim.Holds)));
        Assert.Equal(missing, claims.MeanExcess(2) is null);
        Assert.DoesNotContain(claims.Panels(), panel => panel.Title.Contains("NaN", StringComparison.Ordinal));
    }

    [Fact]
    public void The_distance_grows_where_points_leave_the_diagonal()
    {
        OsgrClaims leaving = Claims(x => x + 0.01, x => x - 0.3);
        Assert.Equal(30, leaving.DistanceGrows().Measured!.Value, 9);
        Assert.True(leaving.DistanceGrows().Holds);
        Assert.False(Claims(x => x + 0.3, x => x - 0.01).DistanceGrows().Holds);
        Assert.Equal(0.3, leaving.MeanExcess(50)!.Value, 12);
        Assert.Equal(-0.01, leaving.MeanExcess(2)!.Value, 12);
    }

    [Fact]
    public void The_figure_has_a_panel_a_checkpoint_with_the_diagonal_and_one_of_the_losses()
    {
        OsgrClaims claims = Claims(x => x, x => 0.5 * x);
        IReadOnlyList<Panel> panels = claims.Panels();
        Assert.Equal(["Step 2: c = 1.000, slope 1.00", "Step 50: c = 1.000, slope 0.50", "Losses"], panels.Select(panel => panel.Title));
        Assert.Equal(["n, width", "LHS = RHS", "least squares"], panels[1].Curves.Select(curve => curve.Name));
        Assert.Equal(Places, panels[1].Curves[0].X);
        Assert.Equal(Places.Select(x => (double?)(0.5 * x)), panels[1].Curves[0].Y);
        Assert.Equal([0.1, 0.9], panels[1].Curves[1].Y);
        Assert.Equal([CurveKind.Points, CurveKind.Reference, CurveKind.Fit], panels[1].Curves.Select(curve => curve.Kind));
        Assert.Equal(10, claims.Table().Rows.Count);
    }

    [Fact]
    public void Training_set_sizes_have_their_colours_and_widths_their_symbols()
    {
        var settings = from n in (int[])[1, 2] from width in (int[])[3, 4, 5] select new OsgrSeries($"{n}", $"{width}", "", [new OsgrPoint(2, n * width, width, 1, 1)]);
        Panel panel = new OsgrClaims([.. settings], "made up").Panels()[0];
        Assert.Equal([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], panel.Curves.Take(6).Select(curve => (curve.Colour!.Value, curve.Symbol!.Value)));
    }

    /// <summary>Five settings whose left-hand side is a function of the right one, at step 2 and, where there is another, at step 50.</summary>
    private static OsgrClaims Claims(params Func<double, double>[] lhs) => new(
        [.. Places.Select(x => Series(x, [.. lhs.Select((of, i) => new OsgrPoint(i == 0 ? 2 : 50, of(x), x, 1, 2))]))], "made up");

    private static OsgrSeries Series(double label, OsgrPoint[] points) => new("n", "width", $"x {label}", points);
}
