using System.Diagnostics;
using System.Text.Json;
using Presage.Checkpoints;
using Presage.Models;
using Presage.Runs.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary><c>presage norms</c> as its user meets it, and the networks that trainings leave for it.</summary>
public sealed class NormsCommandTests : IDisposable
{
    private static readonly string[] Short = ["--data", "digits", "--batch", "40", "--lr", "0.02", "--json"];

    private readonly TestFolder _test = new();

    public NormsCommandTests() => DataSamples.WriteIdxFolder(Path.Combine(_test.Path, "digits"), train: 200, test: 40, side: 16, classes: 4);

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    public void What_a_training_leaves_is_measured_on_exactly_its_examples(string model)
    {
        using JsonDocument trained = Document(["train", .. Short, "--model", model, "--label-noise", "0.3", "--epochs", "4", "--train", "150", "--test", "30", "--out", "run"]);
        JsonElement last = trained.RootElement.GetProperty("series")[0].GetProperty("points").EnumerateArray().Last();
        using JsonDocument measured = Document(["norms", "run", "--json", "--out", "page"]);
        JsonElement root = measured.RootElement;
        Assert.Equal("presage.norms/1", root.GetProperty("schema").GetString());
        JsonElement network = root.GetProperty("networks")[0];
        Assert.True(network.GetProperty("source").GetProperty("is_training_set").GetBoolean());
        foreach (string part in (string[])["train", "test"])
        {
            JsonElement examples = network.GetProperty(part);
            Assert.Equal(part is "train" ? 150 : 30, examples.GetProperty("examples").GetInt32());
            Assert.Equal(last.GetProperty(part + "_loss").GetDouble(), examples.GetProperty("loss").GetDouble(), 1e-5);
            Assert.Equal(1 - last.GetProperty(part + "_accuracy").GetDouble(), examples.GetProperty("error").GetDouble(), 1e-9);
            double normalized = examples.GetProperty("normalized_loss").GetDouble();
            Assert.Equal(normalized - Math.Log(4), examples.GetProperty("normalized_loss_minus_ln_k").GetDouble(), 1e-12);
            double wrong = examples.GetProperty("error").GetDouble() * examples.GetProperty("examples").GetInt32();
            Assert.Equal(wrong, examples.GetProperty("margins").GetProperty("non_positive").GetInt32(), 1e-9);
        }

        // Both have biases, and one path: ρ is the product of the layers' norms.
        JsonElement proof = network.GetProperty("normalized");
        Assert.Equal(150, proof.GetProperty("same_answers_on").GetInt32());
        Assert.InRange(proof.GetProperty("largest_difference").GetDouble(), 0, 1e-5);
        Assert.Equal(network.GetProperty("log10_products").GetProperty("frobenius").GetDouble(), proof.GetProperty("log10_rho").GetDouble(), 1e-9);
        double ratio = network.GetProperty("train").GetProperty("normalized_margins").GetProperty("mean").GetDouble() / network.GetProperty("train").GetProperty("margins").GetProperty("mean").GetDouble();
        Assert.Equal(-proof.GetProperty("log_rho").GetDouble(), Math.Log(ratio), 1e-9);
        Assert.InRange(network.GetProperty("distance_from_initialization").GetProperty("relative").GetDouble(), 1e-3, 10);
        Assert.Equal(4, network.GetProperty("layers").GetArrayLength());
        string page = File.ReadAllText(Path.Combine(_test.Path, "page", NormsPage.FileName));
        Assert.Contains("the same answer on all 150 examples", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Residual_networks_are_proven_on_as_many_examples_as_there_are()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = new NetworkSpec(NetworkSpec.ResNet18, [1, 16, 16], 4, 5) { Channels = 16 }.Make();
        model.save(Path.Combine(_test.Path, "net.dat"));
        using JsonDocument measured = Document(["norms", "net.dat", "--data", "digits", "--model", NetworkSpec.ResNet18, "--json", "--out", "page"]);
        JsonElement proof = measured.RootElement.GetProperty("networks")[0].GetProperty("normalized");
        Assert.Equal(200, proof.GetProperty("same_answers_on").GetInt32());
        Assert.InRange(proof.GetProperty("largest_difference").GetDouble(), 0, 1e-9);
        Assert.False(proof.GetProperty("is_product").GetBoolean());
    }

    [Fact]
    public void Other_examples_are_standardized_as_those_of_the_training_were_and_networks_judged_on_them_not_ranked()
    {
        foreach (string seed in (string[])["3", "4"])
        {
            Document(["train", .. Short, "--model", "linear", "--epochs", "1", "--seed", seed, "--train", "40", "--out", "run" + seed]).Dispose();
        }

        using JsonDocument other = Document(["norms", "run3", "run4", "--seed", "9", "--train", "30", "--json", "--out", "page"]);
        JsonElement[] networks = [.. other.RootElement.GetProperty("networks").EnumerateArray()];
        Assert.All(networks, network => Assert.False(network.GetProperty("source").GetProperty("is_training_set").GetBoolean()));
        Assert.All(networks, network => Assert.True(network.GetProperty("source").GetProperty("has_stored_moments").GetBoolean()));

        // Different moments make different inputs of the same images.
        Assert.NotEqual(networks[0].GetProperty("source").GetProperty("test_digest").GetString(), networks[1].GetProperty("source").GetProperty("test_digest").GetString());
        JsonElement ranking = other.RootElement.GetProperty("ranking");
        Assert.Equal(0, ranking.GetProperty("order").GetArrayLength());
        Assert.Contains("other examples than it was trained on", ranking.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_files_are_opened_and_only_archives_taken_for_such()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> mlp = new NetworkSpec(NetworkSpec.Mlp, [1, 16, 16], 4, 1) { Hidden = [6] }.Make();
        byte[] written = SafetensorsTests.Written(mlp.state_dict(), []);
        int header = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(written);
        const int Length = 'P' + ('K' << 8);
        byte[] padded = [.. BitConverter.GetBytes((ulong)Length), .. written[8..(8 + header)], .. Enumerable.Repeat((byte)' ', Length - header), .. written[(8 + header)..]];
        _test.Write("net.safetensors", padded);
        using JsonDocument measured = Document(["norms", "net.safetensors", "--data", "digits", "--model", "mlp", "--json", "--out", "page"]);
        Assert.Equal(JsonValueKind.Null, measured.RootElement.GetProperty("ranking").ValueKind);

        _test.Write("empty.safetensors", []);
        Refused(2, "expected a file with tensors, but it is empty, or a device or pipe.", ["empty.safetensors", "--data", "digits", "--model", "mlp"]);
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Combine(_test.Path, "zero.safetensors"), "/dev/zero");
            File.CreateSymbolicLink(Path.Combine(_test.Path, "gone.safetensors"), "nowhere");
            using (Process mkfifo = Process.Start("mkfifo", [Path.Combine(_test.Path, "pipe.safetensors")]))
            {
                mkfifo.WaitForExit();
            }

            Refused(2, "expected a file with tensors, but it is empty, or a device or pipe.", ["zero.safetensors", "--data", "digits", "--model", "mlp"]);
            Refused(2, "expected a file with tensors, but it is empty, or a device or pipe.", ["pipe.safetensors", "--data", "digits", "--model", "mlp"]);
            Refused(2, "'gone.safetensors' is a link to a file that is not there.", ["gone.safetensors", "--data", "digits", "--model", "mlp"]);
        }
    }

    [Fact]
    public void Networks_of_one_architecture_are_ranked_and_others_are_not()
    {
        foreach (var (name, noise, epochs) in (ReadOnlySpan<(string, string, string)>)[("a", "0", "6"), ("b", "0.5", "6"), ("c", "1", "30")])
        {
            Document(["train", .. Short, "--model", "linear", "--label-noise", noise, "--epochs", epochs, "--seed", "3", "--out", name]).Dispose();
        }

        using JsonDocument ranked = Document(["norms", "a", "b", "c", "--json", "--out", "page"]);
        JsonElement ranking = ranked.RootElement.GetProperty("ranking");
        double[] losses = [.. ranked.RootElement.GetProperty("networks").EnumerateArray().Select(network => network.GetProperty("train").GetProperty("normalized_loss_minus_ln_k").GetDouble())];
        Assert.Equal(["a", "b", "c"], ranked.RootElement.GetProperty("networks").EnumerateArray().Select(network => network.GetProperty("name").GetString()!));
        Assert.Equal(Enumerable.Range(0, 3).OrderBy(n => losses[n]).Select(n => "abc"[n].ToString()), ranking.GetProperty("order").EnumerateArray().Select(each => each.GetString()!));
        Assert.InRange(ranking.GetProperty("spearman").GetDouble(), -1, 1);
        Assert.Contains("same", ranking.GetProperty("reason").GetString(), StringComparison.Ordinal);

        Document(["train", .. Short, "--model", "mlp", "--epochs", "1", "--seed", "3", "--out", "d"]).Dispose();
        var (exit, output, error) = Presage("norms", "a", "d", "--out", "page2");
        Assert.True(exit == 0, error);
        Assert.Contains("No ranking. The networks differ in depth", output, StringComparison.Ordinal);
        Assert.DoesNotContain("minus ln K  test error", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_of_elsewhere_is_read_and_one_with_sigmoids_refused_with_reason_and_layer()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> mlp = Networks.Mlp([1, 16, 16], [9, 9, 7], 4, seed: 5);
        mlp.save(Path.Combine(_test.Path, "net.dat"));
        Dictionary<string, Tensor> sequential = mlp.state_dict().ToDictionary(each => $"{2 * (each.Key[2] - '1') + 1}{each.Key[3..]}", each => each.Value, StringComparer.Ordinal);
        _test.Write("net.safetensors", SafetensorsTests.Written(sequential, []));

        using JsonDocument measured = Document(["norms", "net.dat", "net.safetensors", "--data", "digits", "--model", "mlp", "--norm", "l1", "--json", "--out", "page"]);
        JsonElement[] networks = [.. measured.RootElement.GetProperty("networks").EnumerateArray()];
        Assert.Contains("told by their names", networks[0].GetProperty("reading").GetString(), StringComparison.Ordinal);
        Assert.Contains("told by shapes and numbers", networks[1].GetProperty("reading").GetString(), StringComparison.Ordinal);
        Assert.Equal(networks[0].GetProperty("train").GetProperty("loss").GetDouble(), networks[1].GetProperty("train").GetProperty("loss").GetDouble(), 1e-6);
        Assert.Equal(JsonValueKind.Null, networks[0].GetProperty("source").GetProperty("is_training_set").ValueKind);
        Assert.Equal(JsonValueKind.Null, networks[0].GetProperty("distance_from_initialization").ValueKind);
        Assert.Equal(networks[0].GetProperty("log10_products").GetProperty("l1").GetDouble(), networks[0].GetProperty("normalized").GetProperty("log10_rho").GetDouble(), 1e-9);
        Assert.Equal(JsonValueKind.Null, measured.RootElement.GetProperty("ranking").GetProperty("spearman").ValueKind);

        using JsonDocument refused = Document(["norms", "net.dat", "--data", "digits", "--model", "mlp", "--activation", "sigmoid", "--json", "--out", "page2"]);
        JsonElement network = refused.RootElement.GetProperty("networks")[0];
        Assert.Equal("sigmoid1", network.GetProperty("refusal").GetProperty("layer").GetString());
        Assert.Contains("not positively homogeneous", network.GetProperty("refusal").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, network.GetProperty("normalized").ValueKind);
        Assert.Equal(JsonValueKind.Null, network.GetProperty("train").GetProperty("normalized_loss").ValueKind);
        Assert.Equal(JsonValueKind.Number, network.GetProperty("train").GetProperty("loss").ValueKind);
    }

    [Fact]
    public void Batch_normalizations_count_with_the_layers_before_them()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = new NetworkSpec(NetworkSpec.BatchNormCnn, [1, 16, 16], 4, 5) { Channels = 3 }.Make();
        using var generator = new Generator(7);
        model.call(randn(40, 1, 16, 16, generator: generator));
        model.save(Path.Combine(_test.Path, "net.dat"));
        using JsonDocument measured = Document(["norms", "net.dat", "--data", "digits", "--model", "batch-norm-cnn", "--scale", "10", "--json", "--out", "page"]);
        JsonElement network = measured.RootElement.GetProperty("networks")[0];
        Assert.Equal(8, network.GetProperty("normalized").GetProperty("absorbed").GetArrayLength());
        Assert.InRange(network.GetProperty("normalized").GetProperty("absorption_difference").GetDouble(), 0, 1e-4);
        Assert.Equal(11, network.GetProperty("layers").GetArrayLength());
        Assert.All(network.GetProperty("layers").EnumerateArray(), layer =>
            Assert.Equal(layer.GetProperty("frobenius").GetDouble(), layer.GetProperty("normalized_by").GetDouble(), 1e-9 * layer.GetProperty("frobenius").GetDouble()));
        Assert.Equal(10, measured.RootElement.GetProperty("scale").GetDouble());
    }

    [Fact]
    public async Task An_interrupted_training_leaves_its_network_too()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using Process process = PresageProcess.Start(_test.Path, ["train", "--data", "digits", "--model", "linear", "--epochs", "100000", "--out", "run"]);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!File.Exists(Path.Combine(_test.Path, "run", "run.db")))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await Task.Delay(3000, TestContext.Current.CancellationToken);
        PresageProcess.Interrupt(process);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        using (TensorFile file = TensorFile.Open(Path.Combine(_test.Path, "run", "model.safetensors")))
        {
            Assert.Equal("interrupted", file.Metadata["status"]);
        }

        using JsonDocument measured = Document(["norms", "run", "--json", "--out", "page"]);
        Assert.Contains("(interrupted)", measured.RootElement.GetProperty("networks")[0].GetProperty("training").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_measured_is_one_sentence_and_an_exit_code()
    {
        using var scope = NewDisposeScope();
        NetworkSpec spec = new(NetworkSpec.Mlp, [1, 16, 16], 4, 1) { Hidden = [6] };
        using nn.Module<Tensor, Tensor> mlp = spec.Make();
        Dictionary<string, Tensor> state = mlp.state_dict();
        _test.Write("foreign.safetensors", SafetensorsTests.Written(state, []));
        _test.Write("own.safetensors", SafetensorsTests.Written(state, NetworkStrings.Of(spec)));
        _test.Write("boast.safetensors", SafetensorsTests.Written(state, NetworkStrings.Of(spec with { Hidden = [900_000, 900_000] })));
        _test.Write("small.safetensors", SafetensorsTests.Written(state, NetworkStrings.Of(spec with { InputShape = [1, 8, 8] })));
        _test.Write("cut.safetensors", File.ReadAllBytes(Path.Combine(_test.Path, "own.safetensors"))[..^1]);
        _test.Write("torch.pt", [(byte)'P', (byte)'K', 3, 4, 0, 0]);
        _test.Write("empty/nothing.txt", [1]);
        Dictionary<string, Tensor> broken = state.ToDictionary(each => each.Key, each => each.Value.clone(), StringComparer.Ordinal);
        broken["fc1.bias"][0] = float.PositiveInfinity;
        _test.Write("infinite.safetensors", SafetensorsTests.Written(broken, NetworkStrings.Of(spec)));

        _test.Write("far.safetensors", SafetensorsTests.Written(state, new(NetworkStrings.Of(spec), StringComparer.Ordinal) { ["data"] = @"\\elsewhere\share", ["train_examples"] = "9", ["test_examples"] = "9" }));

        Refused(2, "Required argument", []);
        Refused(2, "'gone' is neither a run folder nor a file.", ["gone"]);
        Refused(2, "'empty' holds no model.safetensors", ["empty"]);
        Refused(2, "as torch.save writes them", ["torch.pt"]);
        Refused(2, "does not say which network it holds: give --model", ["foreign.safetensors", "--data", "digits"]);
        Refused(2, "does not say which data its network is for: give --data.", ["own.safetensors"]);
        Refused(2, "--norm 'nuclear' is unknown: expected frobenius, spectral", ["own.safetensors", "--data", "digits", "--norm", "nuclear"]);
        Refused(2, "says that it holds mlp with 6 relu units, but", ["own.safetensors", "--data", "digits", "--model", "cnn"]);
        Refused(2, "expected the network's layers, but it has none for 'fc' (bias (4), weight (4, 256))", ["foreign.safetensors", "--data", "digits", "--model", "linear"]);
        Refused(2, "takes inputs of shape (1, 8, 8), but those of digits are (1, 16, 16).", ["small.safetensors", "--data", "digits"]);
        Refused(2, "the description of the network says, but the tensors are others.", ["boast.safetensors", "--data", "digits"]);
        Refused(2, "far.safetensors: expected a data set's name or a folder of this machine", ["far.safetensors"]);
        Refused(2, "cut.safetensors: expected data_offsets", ["cut.safetensors", "--data", "digits"]);
        Refused(2, "holds something already", ["own.safetensors", "--data", "digits", "--out", "empty"]);
        Refused(2, "--hidden expects whole numbers", ["foreign.safetensors", "--data", "digits", "--model", "mlp", "--hidden", "6,x"]);
        Refused(1, "'fc1.bias' (6) holds numbers that are not finite.", ["infinite.safetensors", "--data", "digits"]);
        Assert.False(Directory.Exists(Path.Combine(_test.Path, "presage-runs")));
    }

    private void Refused(int code, string expected, string[] arguments)
    {
        var (exit, output, error) = Presage(["norms", .. arguments]);
        Assert.True(exit == code, $"{expected}: exit {exit}, {error}");
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'), line => line.StartsWith("presage:", StringComparison.Ordinal));
        Assert.DoesNotContain("Page:", output, StringComparison.Ordinal);
    }

    private JsonDocument Document(string[] arguments)
    {
        var (exit, output, error) = Presage(arguments);
        Assert.True(exit == 0, error);
        return JsonDocument.Parse(output);
    }

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => PresageProcess.Run(_test.Path, arguments);
}
