using System.Text.Json;
using Presage.Cli;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class KernelCommandTests : IDisposable
{
    private static readonly string[] Relu = ["kernel", "--activation", "relu", "--depth", "1", "--sigma-w2", "2", "--sigma-b2", "0", "--inputs", "inputs.csv"];
    private static readonly IWorkView View = IWorkView.For(json: true);

    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void The_document_holds_the_reference_values()
    {
        JsonElement document = Document("1,0,0\n.6,.8,0\n0,-.6,.8\n", 2, 1, scales: false);
        JsonElement matrix = document.GetProperty("matrix");
        Assert.Equal(0.55022361, matrix[0][1].GetDouble(), 1e-8);
        Assert.Equal(0.15915494, matrix[0][2].GetDouble(), 1e-8);
        Assert.Equal(-0.02388398, matrix[2][1].GetDouble(), 1e-8);
        Assert.Equal(3, document.GetProperty("eigenvalues").GetArrayLength());
        Assert.Equal(document.GetProperty("condition_number").GetDouble(), Math.Pow(10, document.GetProperty("log10_condition_number").GetDouble()), 1e-9);
        Assert.Equal(JsonValueKind.Null, document.GetProperty("mean_predictor_accuracy").ValueKind);
    }

    [Fact]
    public void Deep_in_the_ordered_phase_there_are_numbers_and_a_bound()
    {
        JsonElement document = Document("1,2\n2,1\n-1,1\n", 1000, 0.5, scales: true, bias: 0.1);
        Assert.True(document.GetProperty("condition_number_is_lower_bound").GetBoolean());
        Assert.True(double.IsFinite(document.GetProperty("log10_condition_number").GetDouble()));
    }

    [Theory]
    [InlineData(1e6, 1000)]
    [InlineData(0.01, 2000)]
    public void Kernels_that_float64_does_not_hold_are_printed_over_a_power_of_two(double weight, int depth)
    {
        JsonElement document = Document("1,2\n2,1\n-1,1\n", depth, weight, scales: true);
        int exponent = document.GetProperty("kernel_exponent").GetInt32();
        double largest = document.GetProperty("matrix")[0][0].GetDouble();
        Assert.NotEqual(0, exponent);
        Assert.True(double.IsNormal(largest), $"{largest}");

        // K = (σ_w²)^(L+1)·(5/2)·2^−L of the first example, and Θ the L+1 layers' sum, L = depth − 1.
        double expected = (depth * Math.Log2(weight)) + Math.Log2(2.5 * depth) - (depth - 1);
        Assert.Equal(expected, exponent + Math.Log2(largest), 1e-6);
    }

    [Theory]
    [InlineData("1,2\n1\n", "row 2: expected 2 numbers")]
    [InlineData("1,2\n1,x\n", "row 2: expected numbers apart by commas, but got 'x'")]
    [InlineData("1,2\n1,NaN\n", "but got 'NaN'")]
    [InlineData("1,2\n1,1e200\n", "row 2: expected numbers of at most 1E+15 in size, but got '1e200'")]
    [InlineData("1,2\n\n", "at least two rows")]
    public void A_file_that_holds_something_else_is_refused_in_a_sentence(string text, string said) =>
        Assert.Contains(said, Assert.Throws<BadInputException>(() => KernelInputs.FromCsv(Written(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_command_reaches_the_reference_of_a_circular_network()
    {
        Written("1,2,0,-1\n0,1,1,3\n");
        var (exit, output, error) = PresageProcess.Run(
            _test.Path,
            [.. Relu, "--arch", "cnn-flatten", "--image", "1x1x4", "--filter", "1x3", "--padding", "circular", "--input-scaling", "on", "--json"]);
        Assert.True(exit == 0, error);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        JsonElement matrix = document.GetProperty("matrix");
        Assert.Equal(6, matrix[0][0].GetDouble(), 1e-12);
        Assert.Equal(1.01069439594717, matrix[0][1].GetDouble(), 1e-12);
        Assert.Equal(11, matrix[1][1].GetDouble(), 1e-12);
        Assert.Equal(
            ("cnn-flatten", "1x1x4", "1x3", "circular", 1),
            (Text("arch"), Text("image"), Text("filter"), Text("padding"), document.GetProperty("stride").GetInt32()));

        string? Text(string name) => document.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("--arch cnn-pool needs --image CxHxW with --inputs", "--arch", "cnn-pool")]
    [InlineData("--image expects CxHxW, whole numbers from 1 to 16777216 apart by x, but got '1x4'", "--arch", "cnn-pool", "--image", "1x4")]
    [InlineData("--image 1x2x3 has 6 numbers, but a row of 'inputs.csv' has 4", "--arch", "cnn-pool", "--image", "1x2x3")]
    [InlineData("a filter of 3x3 does not fit into 2x2 positions", "--arch", "cnn-pool", "--image", "1x2x2", "--padding", "valid")]
    [InlineData("--filter expects a whole number or HxW", "--arch", "cnn-pool", "--image", "1x2x2", "--filter", "3x")]
    [InlineData("--image belongs to --arch cnn-flatten and cnn-pool", "--image", "1x2x2")]
    [InlineData("--stride belongs to --arch cnn-flatten and cnn-pool", "--stride", "1")]
    [InlineData("'inputs.csv' holds something already that is not a kernel", "--out", "inputs.csv")]
    public void What_does_not_go_together_is_refused_in_a_sentence(string said, params string[] arguments)
    {
        Written("1,2,0,-1\n0,1,1,3\n");
        var (exit, output, error) = PresageProcess.Run(_test.Path, [.. Relu, .. arguments]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KernelNetwork.Dense)]
    [InlineData(KernelNetwork.Flattened)]
    [InlineData(KernelNetwork.Pooled)]
    public void With_labels_the_report_is_that_of_the_library(string architecture)
    {
        // Classes by the brightest row, as images of two channels.
        var random = new SeededRandom(1);
        (double[] train, int[] labels) = Bands(20);
        (double[] test, int[] answers) = Bands(12);
        var inputs = new KernelInputs("bands", train, test, 24, labels, answers, 3) { Shape = new ImageShape(2, 3, 4) };
        bool isDense = string.Equals(architecture, KernelNetwork.Dense, StringComparison.Ordinal);
        var network = new KernelNetwork(architecture, Activations.Relu, 2, 1.8, 0.1, Filter: isDense ? null : new KernelFilter(2, 3, FilterPadding.Circular));
        var report = KernelStudy.Run(new KernelOptions(network), inputs, View, TestContext.Current.CancellationToken);

        using var scope = NewDisposeScope();
        ImageShape shape = isDense ? new ImageShape(24, 1, 1) : inputs.Shape;
        KernelMatrix<double> matrix = network.Layered.Matrix<double>(train, shape);
        KernelMatrix<double> block = network.Layered.Block<double>(test, train, shape);
        Assert.Equal(matrix.Values, report.Matrix);
        Tensor kernel = tensor(matrix.Values, [20, 20]);
        Tensor own = tensor([.. labels.Select(label => (long)label)]);
        Assert.Equal(GeneralizationForecast.LeaveOneOutAccuracy(kernel, own), report.LeaveOneOutAccuracy!.Value, 1e-12);
        Tensor predicted = tensor(block.Values, [12, 20]).mm(linalg.solve(kernel, nn.functional.one_hot(own, 3).to(ScalarType.Float64) - (1.0 / 3))).argmax(1);
        Assert.Equal(predicted.data<long>().Zip(answers, (found, answer) => found == answer ? 1.0 : 0).Average(), report.PredictorAccuracy!.Value, 1e-12);

        (double[], int[]) Bands(int count)
        {
            int[] classes = [.. Enumerable.Range(0, count).Select(i => i % 3)];
            return ([.. classes.SelectMany(label => Enumerable.Range(0, 24).Select(p => random.NextGaussian() + (p / 4 % 3 == label ? 1 : 0)))], classes);
        }
    }

    private JsonElement Document(string text, int depth, double weight, bool scales, double bias = 0)
    {
        var network = new KernelNetwork(KernelNetwork.Dense, Activations.Relu, depth - 1, weight, bias, scales);
        var report = KernelStudy.Run(new KernelOptions(network), KernelInputs.FromCsv(Written(text)), View, TestContext.Current.CancellationToken);
        return JsonDocument.Parse(KernelDocument.Of(report)).RootElement;
    }

    private string Written(string text)
    {
        string path = Path.Combine(_test.Path, "inputs.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
