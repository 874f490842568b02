using System.Text.Json;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Presage.Runs.Phases;
using Xunit;

namespace Presage.Tests;

public class PhaseCommandTests
{
    [Fact]
    public void The_document_holds_the_reference_values()
    {
        JsonElement point = Document(Activations.Erf, 1.5, 0.05);
        Assert.Equal("chaotic", point.GetProperty("phase").GetString());
        Assert.Equal(0.601753167, point.GetProperty("q_star").GetDouble(), 1e-8);
        Assert.Equal(0.820530088, point.GetProperty("c_star").GetDouble(), 1e-8);
        Assert.Equal(1.034700130, point.GetProperty("chi_1").GetDouble(), 1e-8);
        Assert.Equal(0.969551941, point.GetProperty("chi_c_star").GetDouble(), 1e-8);
        Assert.Equal(15.377, point.GetProperty("xi_star").GetDouble(), 1e-3);
        Assert.Equal(1.375839007, point.GetProperty("critical_sigma_w2").GetDouble(), 1e-8);
        Assert.Equal(25.386, Document(Activations.Erf, 1.25, 0.05).GetProperty("xi_1").GetDouble(), 1e-3);
    }

    [Fact]
    public void Relu_above_2_has_no_fixed_variance_and_says_so()
    {
        JsonElement point = Document(Activations.Relu, 2.5, 0.1);
        Assert.Equal("homogeneous", point.GetProperty("phase").GetString());
        Assert.Equal(JsonValueKind.Null, point.GetProperty("q_star").ValueKind);
        Assert.Equal(2, point.GetProperty("critical_sigma_w2").GetDouble(), 1e-12);
        Assert.Contains("no chaotic phase", string.Join(' ', Words(Activations.Relu, 2.5, 0.1)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_plane_is_divided_by_its_critical_line()
    {
        PhasePlane plane = PhasePlane.Of(Activations.Tanh, 8, 4.2, 1, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((8, 8), (plane.Points.Count, plane.Points[0].Count));
        foreach (var (bias, column) in plane.BiasVariances.Select((bias, column) => (bias, column)))
        {
            double critical = plane.Critical.Single(point => point.BiasVariance == bias).WeightVariance;
            Assert.All(plane.Points, row => Assert.Equal(row[column]!.WeightVariance < critical ? Phase.Ordered : Phase.Chaotic, row[column]!.Phase));
        }

        Assert.Equal(65, plane.Csv().Count());
        string page = PhasePage.Render("tanh", PhaseWords.Of(plane), plane.Panels());
        Assert.Contains("critical line", page, StringComparison.Ordinal);
        Assert.Contains("64 initializations of tanh", page, StringComparison.Ordinal);
    }

    private static JsonElement Document(ActivationFunction activation, double weight, double bias) =>
        JsonDocument.Parse(PhaseDocument.Of(activation, MeanField.Of(activation, weight, bias), CriticalLine.WithBias(activation, bias))).RootElement;

    private static IEnumerable<string> Words(ActivationFunction activation, double weight, double bias) =>
        PhaseWords.Of(activation, MeanField.Of(activation, weight, bias), CriticalLine.WithBias(activation, bias));
}
