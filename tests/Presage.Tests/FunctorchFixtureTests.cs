using System.Text.Json;
using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>
/// Per-example statistics computed by another system: functorch's vmap of grad, on PyTorch 1.13 in float64. Fixtures/make_functorch_fixtures.py
/// made the numbers and says how.
/// </summary>
public sealed class FunctorchFixtureTests : IDisposable
{
    private const double Tolerance = 1e-9;

    private static readonly Dictionary<string, Measurement> Ways = new(StringComparer.Ordinal)
    {
        ["one example at a time"] = PerExampleLoop.Measure,
        ["layer by layer"] = (model, inputs, targets, loss) => new GradientProbe(model).Measure(inputs, targets, loss),
    };

    private static readonly Dictionary<string, Fixture> Fixtures = ReadFixtures();

    private readonly DisposeScope _scope = NewDisposeScope();

    private delegate GradientStatistics Measurement(Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss);

    public static TheoryData<string> Networks { get; } = [.. FunctorchNetworks.All.Keys];

    public static TheoryData<string, string> WaysAndNetworks { get; } =
        [.. Ways.Keys.SelectMany(way => FunctorchNetworks.All.Keys.Select(network => (way, network)))];

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Every_fixture_has_a_network() =>
        Assert.Equal(Fixtures.Keys.Order(StringComparer.Ordinal), FunctorchNetworks.All.Values.Select(n => n.Fixture).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Networks))]
    public void Losses_equal_functorchs(string network)
    {
        var (fixture, model) = Load(network);
        using var grad = no_grad();
        AssertClose(fixture.Losses, Losses.CrossEntropy(model.call(fixture.InputTensor()), tensor(fixture.Targets)).ToDoubles(), Tolerance, "losses");
    }

    [Theory]
    [MemberData(nameof(WaysAndNetworks))]
    public void Statistics_equal_functorchs(string way, string network)
    {
        var (fixture, model) = Load(network);
        GradientStatistics statistics = Ways[way](model, fixture.InputTensor(), tensor(fixture.Targets), Losses.CrossEntropy);
        Assert.Equal(fixture.Targets.Length, statistics.Examples);
        AssertClose(fixture.SquaredNorms, OverLayers(statistics, l => l.SquaredNorms), Tolerance, "squared norms");
        AssertClose(fixture.InnerProducts, OverLayers(statistics, l => l.InnerProducts!), Tolerance, "inner products");

        var parameters = statistics.Layers.SelectMany(l => l.Parameters).ToDictionary(p => FunctorchNetworks.FixtureName(p.Name), StringComparer.Ordinal);
        Assert.Equal(fixture.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal), parameters.Keys.Order(StringComparer.Ordinal));
        double largestSquares = fixture.Parameters.Max(p => p.SumOfSquares.Max());
        foreach (FixtureParameter expected in fixture.Parameters)
        {
            ParameterStatistics actual = parameters[expected.Name];
            Assert.Equal(expected.Shape, actual.Shape);
            AssertClose(expected.Sum, actual.Sum, Tolerance, actual.Name + " sum");
            AssertClose(expected.SumOfSquares, actual.SumOfSquares, Tolerance, actual.Name + " sum of squares");
            AssertSignsEqual(expected, actual, largestSquares);
        }
    }

    // A gradient that cancels to rounding noise (that of an attention's key bias, say) may take either sign; one that is exactly zero has none.
    private static void AssertSignsEqual(FixtureParameter expected, ParameterStatistics actual, double largestSquares)
    {
        Assert.Equal(expected.SignSum.Length, actual.SignSum!.Length);
        for (int j = 0; j < expected.SignSum.Length; j++)
        {
            bool isNoise = expected.SumOfSquares[j] is var squares && squares > 0 && squares < 1e-20 * largestSquares;
            Assert.True(
                isNoise || expected.SignSum[j] == actual.SignSum![j],
                $"{actual.Name} sign sum[{j}]: expected {expected.SignSum[j]}, got {actual.SignSum![j]}");
        }
    }

    private static double[] OverLayers(GradientStatistics statistics, Func<LayerStatistics, double[]> values) =>
        [.. Enumerable.Range(0, statistics.Examples).Select(n => statistics.Layers.Sum(l => values(l)[n]))];

    private static (Fixture Fixture, Module<Tensor, Tensor> Model) Load(string network)
    {
        FunctorchNetwork entry = FunctorchNetworks.All[network];
        Fixture fixture = Fixtures[entry.Fixture];
        Module<Tensor, Tensor> model = entry.Make().to(ScalarType.Float64);
        using var grad = no_grad();
        var parameters = model.named_parameters().ToDictionary(p => FunctorchNetworks.FixtureName(p.name), p => p.parameter, StringComparer.Ordinal);
        foreach (FixtureParameter source in fixture.Parameters)
        {
            Assert.Equal(source.Shape, parameters[source.Name].shape);
            parameters[source.Name].copy_(tensor(source.Values).reshape(source.Shape));
        }

        return (fixture, model);
    }

    private static Dictionary<string, Fixture> ReadFixtures()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Fixtures", "functorch.json"));
        return JsonSerializer.Deserialize<FixtureFile>(file, JsonSerializerOptions.Web)!.Networks.ToDictionary(n => n.Name, StringComparer.Ordinal);
    }

    private sealed record FixtureFile(Fixture[] Networks);

    private sealed record FixtureParameter(string Name, long[] Shape, double[] Values, double[] Sum, double[] SumOfSquares, int[] SignSum);

    private sealed record Fixture(
        string Name,
        string InputType,
        long[] InputShape,
        double[] Inputs,
        long[] Targets,
        double[] Losses,
        double[] SquaredNorms,
        double[] InnerProducts,
        FixtureParameter[] Parameters)
    {
        public Tensor InputTensor() => tensor(Inputs).reshape(InputShape).to(Enum.Parse<ScalarType>(InputType, ignoreCase: true));
    }
}
