using System.Text.Json;
using Presage.Cli;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

public sealed class KernelCommandTests : IDisposable
{
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
    [InlineData("1,2\n1\n", "row 2: expected 2 numbers")]
    [InlineData("1,2\n1,x\n", "row 2: expected numbers apart by commas, but got 'x'")]
    [InlineData("1,2\n1,NaN\n", "but got 'NaN'")]
    [InlineData("1,2\n\n", "at least two rows")]
    public void A_file_that_holds_something_else_is_refused_in_a_sentence(string text, string said) =>
        Assert.Contains(said, Assert.Throws<BadInputException>(() => KernelInputs.FromCsv(Written(text))).Message, StringComparison.Ordinal);

    private JsonElement Document(string text, int depth, double weight, bool scales, double bias = 0)
    {
        var network = new FullyConnected(Activations.Relu, depth - 1, weight, bias, scales);
        var report = KernelReport.Of(network, KernelKind.Tangent, KernelInputs.FromCsv(Written(text)), _ => { }, TestContext.Current.CancellationToken);
        return JsonDocument.Parse(KernelDocument.Of(report)).RootElement;
    }

    private string Written(string text)
    {
        string path = Path.Combine(_test.Path, "inputs.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
