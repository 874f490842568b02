using System.Text.Json;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

public sealed class TrainabilityCommandTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Deep_in_the_ordered_phase_a_network_is_not_trainable_and_the_reason_is_its_depth()
    {
        JsonElement document = Document(new(Activations.Erf, 1.25, 0.05), 400);
        Assert.False(document.GetProperty("is_trainable").GetBoolean());
        Assert.True(document.GetProperty("generalizes").GetBoolean());
        Assert.Equal("ordered", document.GetProperty("phase").GetString());
        Assert.Equal(400 / 25.386, document.GetProperty("depth_in_xi").GetDouble(), 1e-3);
        Assert.Equal(1.375839007, document.GetProperty("critical_sigma_w2").GetDouble(), 1e-8);
        int safe = document.GetProperty("largest_safe_depth").GetInt32();
        Assert.True(Document(new(Activations.Erf, 1.25, 0.05), safe).GetProperty("is_trainable").GetBoolean());
        Assert.False(Document(new(Activations.Erf, 1.25, 0.05), safe + 1).GetProperty("is_trainable").GetBoolean());
        Assert.Contains("15.8 ξ_1", document.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Contains("the kernel has forgotten its inputs", document.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"at most {safe} hidden layers"), document.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Contains("1.37584", document.GetProperty("advice").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_in_the_chaotic_phase_it_trains_and_memorizes()
    {
        JsonElement document = Document(new(Activations.Erf, 25, 0), 8);
        Assert.True(document.GetProperty("is_trainable").GetBoolean());
        Assert.False(document.GetProperty("generalizes").GetBoolean());
        Assert.Equal("chaotic", document.GetProperty("phase").GetString());
        Assert.Equal(1, document.GetProperty("theory").GetProperty("condition_number").GetDouble(), 1e-3);
        Assert.Contains("memorizes", document.GetProperty("verdict").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Relu_has_its_own_words_and_modified_networks_no_depth_scale_of_the_document()
    {
        Assert.Contains("no chaotic phase", Document(new(Activations.Relu, 3, 0.1), 10).GetProperty("why").GetString(), StringComparison.Ordinal);
        JsonElement normalized = Document(new(Activations.Relu, 1, 0) { HasLayerNorm = true }, 10);
        Assert.Equal(JsonValueKind.Null, normalized.GetProperty("critical_sigma_w2").ValueKind);
        Assert.Contains("critical at any σ_w²", normalized.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, normalized.GetProperty("phase").ValueKind);
        Assert.Equal(JsonValueKind.Null, Document(new(Activations.Relu, 1, 0.1) { HasLayerNorm = true }, 10).GetProperty("critical_sigma_w2").ValueKind);
        Assert.Equal(JsonValueKind.Null, Document(new(Activations.Erf, 1, 0.1) { Keep = 0.9 }, 10).GetProperty("critical_sigma_w2").ValueKind);
        double critical = Document(new(Activations.Tanh, 1, 0.1) { HasLayerNorm = true }, 10).GetProperty("critical_sigma_w2").GetDouble();
        double[] near = [.. new DeepNetwork(Activations.Tanh, critical, 0.1) { HasLayerNorm = true }.ByDepth(PairKernel.OfCorrelation(1e-9)).Take(50).Select(state => state.Epsilon)];
        Assert.Equal(near[0], near[^1], 1e-5 * near[0]);
    }

    [Fact]
    public void Where_variances_die_inputs_are_not_forgotten()
    {
        JsonElement document = Document(new(Activations.Tanh, 0.5, 0), 1000);
        Assert.True(document.GetProperty("is_trainable").GetBoolean());
        Assert.Equal(JsonValueKind.Null, document.GetProperty("depth_in_xi").ValueKind);
        Assert.Contains("pairs keep their correlations", document.GetProperty("why").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_critical_is_said_where_it_is_known_alone()
    {
        JsonElement skips = Document(new(Activations.Relu, 3, 0) { HasSkips = true }, 20);
        Assert.True(skips.GetProperty("critical_at_any_sigma_w2").GetBoolean());
        Assert.Contains("critical at any σ_w²", skips.GetProperty("advice").GetString(), StringComparison.Ordinal);
        JsonElement unknown = Document(new(Activations.Tanh, 1, 0.1) { HasSkips = true }, 20);
        Assert.Equal(JsonValueKind.Null, unknown.GetProperty("critical_at_any_sigma_w2").ValueKind);
        Assert.Contains("is not known", unknown.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Contains("no critical σ_w²", Document(new(Activations.Erf, 1, 0.1) { Keep = 0.9 }, 20).GetProperty("advice").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void On_the_critical_line_without_bias_a_label_reaches_its_neighbour_at_any_depth()
    {
        JsonElement shallow = Document(new(Activations.Tanh, 1, 0), 100);
        JsonElement deep = Document(new(Activations.Tanh, 1, 0), 3000);
        Assert.Equal(Carried(shallow), Carried(deep), 0.01);
        Assert.Contains("pairs keep their correlations", deep.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Contains("falls like 1/depth", Document(new(Activations.Tanh, CriticalLine.WithBias(Activations.Tanh, 0.1)[0].WeightVariance, 0.1), 100).GetProperty("why").GetString(), StringComparison.Ordinal);

        static double Carried(JsonElement document) => document.GetProperty("theory").GetProperty("carry_over").GetDouble();
    }

    [Fact]
    public void Averaged_positions_are_not_blamed_on_the_initialization()
    {
        var options = new TrainabilityOptions(new(Activations.Relu, 2, 0), KernelNetwork.Pooled, 1, new ModelInputs(500, Positions: 1024), 100_000);
        JsonElement document = JsonDocument.Parse(TrainabilityDocument.Of(TrainabilityReport.Of(options, null, TestContext.Current.CancellationToken))).RootElement;
        Assert.False(document.GetProperty("is_trainable").GetBoolean());
        Assert.StartsWith("allow more steps", document.GetProperty("advice").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gelu", 1.999, 0.01)]
    [InlineData("gelu", 1.9, 0)]
    public void A_line_from_which_variances_flee_is_no_advice(string activation, double weight, double bias) =>
        Assert.Equal(JsonValueKind.Null, Document(new(Activations.Named(activation), weight, bias), 50).GetProperty("critical_sigma_w2").ValueKind);

    [Fact]
    public void Real_examples_are_judged_by_their_own_kernel()
    {
        // Two kinds of inputs, far apart, and every other one alone.
        double[] Kind(int kind, int i) => [kind == 0 ? 3 : -3, 1, Math.Sin(i), Math.Cos(3 * i)];
        int[] labels = [.. Enumerable.Range(0, 20).Select(i => i % 2)];
        double[] inputs = [.. labels.SelectMany(Kind)];
        var examples = new KernelInputs("made up", inputs, inputs, 4, labels, labels, 2);
        var network = new DeepNetwork(Activations.Erf, 1.4, 0.05);
        var data = TrainabilityOnData.Of(depth => network.Dense(depth), 3, examples, new ImageShape(4, 1, 1), _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(1, data.Accuracy);
        Assert.Equal(0.5, data.Chance);
        Assert.InRange(data.NeighbourCorrelation, 0.9, 1);
        Assert.InRange(data.Correlation, -0.2, 0.2);
        JsonElement document = JsonDocument.Parse(TrainabilityDocument.Of(Report(network, 3, data))).RootElement;
        Assert.Equal(data.Spectrum.Log10ConditionNumber, document.GetProperty("data").GetProperty("log10_condition_number").GetDouble());
        Assert.True(document.GetProperty("generalizes").GetBoolean());
        Assert.Equal(data.LogSteps / Math.Log(10), document.GetProperty("log10_steps").GetDouble(), 1e-12);
    }

    [Theory]
    [InlineData("needs --depth", "--activation", "erf", "--depth", "3")]
    [InlineData("--positions belongs to --arch cnn-pool", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--positions", "4")]
    [InlineData("--neighbour has to be above --correlation", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--correlation", "0.95")]
    [InlineData("belong to --data", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--train", "4")]
    [InlineData("are of theory without data", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--data", "mnist", "--examples", "4")]
    [InlineData("--dropout-at belongs to --dropout", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--dropout-at", "readout")]
    [InlineData("has no labels to predict", "--activation", "erf", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0", "--data", "toy")]
    [InlineData("--activation 'ref' is unknown", "--activation", "ref", "--depth", "3", "--sigma-w2", "1", "--sigma-b2", "0")]
    public async Task What_does_not_fit_is_refused_in_a_sentence(string said, params string[] arguments)
    {
        var (exit, output, error) = await Task.Run(() => PresageProcess.Run(_test.Path, ["trainability", .. arguments]), TestContext.Current.CancellationToken);
        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    private static TrainabilityReport Report(DeepNetwork network, int depth, TrainabilityOnData? data = null) =>
        TrainabilityReport.Of(new TrainabilityOptions(network, KernelNetwork.Dense, depth, new ModelInputs(500), 100_000), data, TestContext.Current.CancellationToken);

    private static JsonElement Document(DeepNetwork network, int depth) => JsonDocument.Parse(TrainabilityDocument.Of(Report(network, depth))).RootElement;
}
