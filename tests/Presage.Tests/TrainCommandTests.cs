using System.Text.Json;
using Presage.Runs;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary><c>presage train</c> as its user meets it, and the choice of optimizer that it shares with <c>diagnose</c>.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TestFolder _test = new();

    public TrainCommandTests() => DataSamples.WriteIdxFolder(Path.Combine(_test.Path, "digits"), train: 80, test: 30, side: 8, classes: 4);

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("sgd", null)]
    [InlineData("wsgd", "--percent=10")]
    [InlineData("trimmed", "--percent=50")]
    [InlineData("m3", "--micro-batches=4")]
    [InlineData("a3", "--micro-batches=3")]
    public void Every_optimizer_trains_and_says_what_of_the_noise_was_memorized(string optimizer, string? parameter)
    {
        string[] more = parameter is null ? [] : parameter.Split('=');
        var (exit, output, error) = Presage(
            ["train", "--data", "digits", "--optimizer", optimizer, .. more, "--label-noise", "0.5", "--epochs", "2", "--batch", "40", "--momentum", "0.5",
                "--weight-decay", "0.001", "--json", "--out", "run"]);
        Assert.True(exit == 0, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal("presage.train/1", root.GetProperty("schema").GetString());
        Assert.Equal(["real"], root.GetProperty("series").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        JsonElement rule = root.GetProperty("setup").GetProperty("optimizer");
        Assert.Equal(optimizer, rule.GetProperty("name").GetString());
        Assert.Equal((0.5, 0.001), (rule.GetProperty("momentum").GetDouble(), rule.GetProperty("weight_decay").GetDouble()));
        double? given = parameter is null ? null : double.Parse(more[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(given, Number(rule, "percent") ?? Number(rule, "micro_batches"));
        JsonElement corrupt = root.GetProperty("series")[0].GetProperty("points")[0].GetProperty("corrupt");
        double wrong = root.GetProperty("setup").GetProperty("label_noise").GetProperty("realized_wrong_share").GetDouble();
        Assert.Equal(80 * wrong, corrupt.GetProperty("examples").GetInt32(), 1e-6);
        Assert.InRange(corrupt.GetProperty("memorized").GetDouble(), 0, 1);
        Assert.InRange(corrupt.GetProperty("pristine_accuracy").GetDouble(), 0, 1);

        RunRecord run = RunFile.Read(Path.Combine(_test.Path, "run"));
        Assert.Equal(optimizer, run.Setup.Optimizer!.Name);
        Assert.Equal(parameter?.StartsWith("--percent", StringComparison.Ordinal) == true ? null : 80, run.Examples?.Count);
        Assert.All(run.Examples ?? [], record => Assert.Equal(2, record.Epochs));
        Assert.Contains(run.Verdict!.State, (VerdictState[])[VerdictState.Undecided, VerdictState.NotLearning]);
        Assert.Equal(corrupt.GetProperty("memorized").GetDouble(), run.Series[0].Points[0].Corrupt!.Memorized);
        string page = File.ReadAllText(Path.Combine(_test.Path, "run", ReportPage.FileName));
        Assert.Contains(run.Setup.Optimizer.InWords, page, StringComparison.Ordinal);
        Assert.Contains("Corrupt and pristine examples", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Sgd_is_what_a_diagnosis_trains_by_and_a_median_takes_other_steps()
    {
        string[] asked = ["--data", "digits", "--epochs", "3", "--batch", "20", "--json", "--out"];
        string plain = RealSeries("train", [.. asked, "a"]);
        Assert.Equal(plain, RealSeries("diagnose", [.. asked, "b"]));
        Assert.NotEqual(plain, RealSeries("diagnose", [.. asked, "c", "--optimizer", "wsgd", "--percent", "50"]));

        string RealSeries(string command, string[] arguments)
        {
            var (exit, output, error) = Presage([command, .. arguments]);
            Assert.True(exit == 0, error);
            using JsonDocument document = JsonDocument.Parse(output);
            return document.RootElement.GetProperty("series")[0].GetRawText();
        }
    }

    [Fact]
    public void Text_says_where_the_training_ended_before_any_verdict()
    {
        var (exit, output, error) = Presage("train", "--data", "digits", "--label-noise", "0.5", "--epochs", "1", "--batch", "all", "--out", "run");
        Assert.True(exit == 0, error);
        int trained = output.IndexOf("Trained 1 steps: loss", StringComparison.Ordinal);
        Assert.InRange(output.IndexOf("Verdict: ", StringComparison.Ordinal), trained + 1, int.MaxValue);
        Assert.True(trained >= 0, output);
        Assert.Contains("Memorized of the ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("control: permuted labels", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_noise_nothing_is_corrupt_and_a_control_can_be_asked_for()
    {
        var (exit, output, error) = Presage("train", "--data", "digits", "--control", "--epochs", "1", "--json", "--out", "run");
        Assert.True(exit == 0, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement series = document.RootElement.GetProperty("series");
        Assert.Equal(2, series.GetArrayLength());
        Assert.Equal(JsonValueKind.Null, series[0].GetProperty("points")[0].GetProperty("corrupt").ValueKind);
    }

    [Theory]
    [InlineData("--optimizer 'm5' is unknown: did you mean 'm3'?", "train", "--optimizer", "m5")]
    [InlineData("--percent belongs to --optimizer wsgd or trimmed, but the optimizer is sgd.", "train", "--percent", "8")]
    [InlineData("--percent belongs to --optimizer wsgd or trimmed, but the optimizer is m3.", "diagnose", "--optimizer", "m3", "--percent", "8")]
    [InlineData("--micro-batches belongs to --optimizer m3 or a3, but the optimizer is wsgd.", "train", "--optimizer", "wsgd", "--micro-batches", "4")]
    [InlineData("--percent expects a number from 0 to 50, but got '51'.", "train", "--optimizer", "wsgd", "--percent", "51")]
    [InlineData("--micro-batches expects a whole number from 3", "train", "--optimizer", "m3", "--micro-batches", "2")]
    [InlineData("--momentum expects a number from 0 to 0.9999, but got '1'.", "train", "--momentum", "1")]
    [InlineData("cuts a batch into 3 parts and needs an example in each, but --batch has 2.", "train", "--optimizer", "m3", "--batch", "2")]
    [InlineData("but the last batch of a pass has 2 (--train 80, --batch 13).", "train", "--optimizer", "a3", "--batch", "13")]
    [InlineData("--optimizer wsgd with --percent 8 needs 13 examples to hold one down at each end, but --batch has 10.", "diagnose", "--optimizer", "wsgd", "--batch", "10")]
    public void What_an_optimizer_does_not_have_or_cannot_do_is_refused(string expected, string command, params string[] arguments)
    {
        var (exit, output, error) = Presage([command, "--data", "digits", .. arguments]);
        Assert.Equal(2, exit);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Verdict", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_test.Path, "presage-runs")));
    }

    [Fact]
    public void Corrupt_examples_are_counted_apart_from_pristine_ones()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> same = nn.Identity();

        // The network's answer is the larger input: 0, 1, 1, 0, 1.
        Tensor inputs = tensor(new float[] { 1, 0, 0, 1, 0, 1, 1, 0, 0, 1 }, [5, 2]);
        Tensor labels = tensor(new long[] { 0, 0, 1, 1, 1 });
        CorruptFit fit = CorruptFit.Of(same, inputs, labels, [true, true, true, false, false], chunk: 2)!;
        Assert.Equal(3, fit.Examples);
        Assert.Equal(2 / 3.0, fit.Memorized, 1e-12);
        Assert.Equal(0.5, fit.PristineAccuracy!.Value, 1e-12);
        Assert.Null(CorruptFit.Of(same, inputs, labels, new bool[5]));
        Assert.Null(CorruptFit.Of(same, inputs, labels, [true, true, true, true, true])!.PristineAccuracy);
        Assert.Throws<ArgumentException>(() => CorruptFit.Of(same, inputs, labels, [true]));
    }

    private static double? Number(JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => PresageProcess.Run(_test.Path, arguments);
}
