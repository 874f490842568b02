using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Kernels;
using Presage.Runs.Reproductions;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class TrainabilityFiniteTests
{
    private static readonly FiniteSizes Sizes = TrainabilityFinite.SizesAt(Scale.Quick);

    [Fact]
    public void Exponents_are_those_that_numbers_were_made_with_and_intervals_those_of_the_scatter()
    {
        WidthExponent exact = WidthExponent.Of([.. ((int[])[8, 16, 64]).Select(width => (width, 3 * Math.Pow(width, -0.7)))]);
        Assert.Equal(-0.7, exact.Value, 1e-12);
        Assert.Equal(0, exact.High - exact.Low, 1e-6);
        WidthExponent scattered = WidthExponent.Of([.. ((int[])[8, 8, 64, 64]).Select((width, i) => (width, Math.Exp(i % 2 == 0 ? 0.1 : -0.1) / width))]);
        Assert.Equal(-1, scattered.Value, 1e-12);

        // t of two degrees times the root of 0.02 over the spread of logarithms, 4·(ln 8/2)².
        Assert.Equal(4.302652729749464 * Math.Sqrt(0.02) / Math.Log(8), scattered.High - scattered.Value, 1e-9);
    }

    [Fact]
    public void Errors_and_departures_that_fall_as_they_should_hold() => Assert.Empty(Broken(-0.5, 1, -0.5, 0.5));

    [Fact]
    public void Each_claim_breaks_by_itself()
    {
        Assert.Equal(["exponent"], Broken(-0.35, 1, -0.5, 0.5));
        Assert.Equal(["exponent"], Broken(-0.65, 1, -0.5, 0.5));
        Assert.Equal(["constant"], Broken(-0.5, 1.25, -0.5, 0.5));
        Assert.Equal(["own-kernel", "infinite-kernel"], Broken(-0.5, 1, -0.2, 0.2));
        Assert.Equal(["agree"], Broken(-0.5, 1, -0.5, 5));
    }

    [Fact]
    public void Panels_and_table_hold_every_network()
    {
        Outcome outcome = Judged(-0.5, 1, -0.5, 0.5);
        Assert.Equal([9, 10, 3, 3], outcome.Panels.Select(panel => panel.Curves.Count));
        Assert.Equal(FiniteArchitecture.All.Select(each => each.Name), Assert.Single(outcome.Tables).Rows.Select(row => row[0]));
    }

    [Fact]
    public void A_network_that_is_linear_in_its_parameters_trains_exactly_as_its_kernel_predicts()
    {
        using var scope = NewDisposeScope();
        var network = new LayeredNetwork([new DenseLayer(1.5, .2)]);
        using var model = FiniteNetwork.Of(network, new ImageShape(4, 1, 1), 1, 2, 3);
        model.to(ScalarType.Float64);
        Tensor inputs = NormSamples.Normal(2, 5, 4).to(ScalarType.Float64);
        Tensor targets = NormSamples.Normal(3, 5, 2).to(ScalarType.Float64);
        Tensor kernel = tensor(network.Matrix<double>([.. inputs.data<double>()], new ImageShape(4, 1, 1)).Values, [5, 5]);
        var course = DescentCourse.Of(model, inputs, targets, 0.7 / KernelSpectrum.Of(kernel).Largest, [1, 3, 20], TestContext.Current.CancellationToken);
        Assert.Equal(0, course.Departure(kernel), 1e-10);
        Assert.True(course.Departure(kernel * 2.0) > 0.01);
        Assert.All(course.Losses().Zip(course.Losses(kernel)), each => Assert.Equal(each.Second, each.First, 1e-10));
    }

    [Fact]
    public void A_small_run_measures_and_trains()
    {
        SettingWork work = MadeUpImages.Work() with { Data = MadeUpImages.Of(12, 4, 3), Cancellation = TestContext.Current.CancellationToken };
        var sizes = new FiniteSizes(6, 3, 5, 2, [1, 4, 9]);
        foreach (string name in (string[])["points-relu-1", "fcn-erf-3", "cnn-relu"])
        {
            FiniteArchitecture architecture = FiniteArchitecture.All.Single(each => string.Equals(each.Name, name, StringComparison.Ordinal));
            FiniteRun run = FiniteRun.Of(new FiniteSetting(architecture, 24), sizes, work);
            bool isTrained = architecture.Constant is null;
            Assert.Equal(isTrained ? (3, 2, 2, true) : (5, 0, 0, false), (run.Errors.Length, run.Own.Length, run.Wide.Length, run.Course is not null));
            Assert.All(run.Errors, error => Assert.InRange(error, 0.01, 2));
            Assert.True(run.Course is null || run.Course.Actual[^1] < run.Course.Actual[0]);
            Assert.Equal(JsonSerializer.Serialize(run, Reproduction.Json), JsonSerializer.Serialize(FiniteRun.Of(new FiniteSetting(architecture, 24), sizes, work), Reproduction.Json));
        }
    }

    private static IEnumerable<string> Broken(double exponent, double constant, double fall, double departure) =>
        Judged(exponent, constant, fall, departure).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id);

    private static Outcome Judged(double exponent, double constant, double fall, double departure) => new TrainabilityFinite().Judge(
        Scale.Quick,
        [
            .. from architecture in FiniteArchitecture.All
               let widths = architecture.Widths(Scale.Quick)
               from width in widths
               select JsonSerializer.Serialize(Run(architecture, width, widths[^1], exponent, constant, fall, departure), Reproduction.Json),
        ]);

    // At the largest width the error is the constant's over √width, and from there it falls with the exponent.
    private static FiniteRun Run(FiniteArchitecture architecture, int width, int widest, double exponent, double constant, double fall, double departure)
    {
        double error = constant * (architecture.Constant ?? 2) / Math.Sqrt(widest) * Math.Pow(width / (double)widest, exponent);
        double[] departures = architecture.Constant is null ? [departure * Math.Pow(width, fall), departure * Math.Pow(width, fall)] : [];
        double[] losses = [.. Sizes.Steps.Select(step => 1.0 / step)];
        return new FiniteRun([error, error], departures, departures, departures.Length > 0 ? new FiniteCourse(losses, losses, losses) : null);
    }
}
