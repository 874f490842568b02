using Presage.Checkpoints;
using Presage.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Networks from files: TorchSharp's own, those with other names, and those that do not fit.</summary>
public sealed class NetworkStateTests : IDisposable
{
    private readonly TestFolder _test = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Models => [.. NetworkSpec.Names];

    public void Dispose()
    {
        _scope.Dispose();
        _test.Dispose();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_network_comes_back_from_its_file_and_its_description(string model)
    {
        NetworkSpec spec = Spec(model);
        using nn.Module<Tensor, Tensor> written = spec.Make();
        string path = Save(written.state_dict(), NetworkStrings.Of(spec));
        using TensorFile file = TensorFile.Open(path);
        NetworkSpec read = NetworkStrings.Read(file)!;
        Assert.Equal(NetworkStrings.Of(spec), NetworkStrings.Of(read));
        Assert.Equal(spec.Hidden, NetworkSizes.Of(file, read with { Hidden = [], Channels = null }).Hidden);
        Assert.Equal(spec.Channels, NetworkSizes.Of(file, read with { Hidden = [], Channels = null }).Channels);

        // The description gives the initial weights again.
        using nn.Module<Tensor, Tensor> initial = read.Make();
        AssertSame(written, initial);
        using nn.Module<Tensor, Tensor> other = (read with { Seed = 9 }).Make();
        Assert.Equal(StateMatching.Name, NetworkState.Load(file, other));
        AssertSame(written, other);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void TorchSharps_own_files_are_read(string model)
    {
        using nn.Module<Tensor, Tensor> written = Spec(model).Make();
        string path = Path.Combine(_test.Path, "net.dat");
        written.save(path);
        using TensorFile file = TensorFile.Open(path);
        using nn.Module<Tensor, Tensor> read = (Spec(model) with { Seed = 9 }).Make();
        Assert.Equal(StateMatching.Name, NetworkState.Load(file, read));
        AssertSame(written, read);
    }

    [Fact]
    public void Residual_networks_are_read_by_the_names_that_torchvision_gives_their_layers()
    {
        using var scope = NewDisposeScope();
        nn.Module<Tensor, Tensor> model = Networks.ResNet18(3, 5, ChannelNormalization.Batch, 2, 1);
        nn.Module<Tensor, Tensor> read = Networks.ResNet18(3, 5, ChannelNormalization.Batch, 2, 2);
        NormSamples.Drawn(model, 3);
        Dictionary<string, Tensor> renamed = model.state_dict().ToDictionary(each => Torchvision(each.Key), each => each.Value, StringComparer.Ordinal);
        Assert.Contains("layer3.0.downsample.1.running_var", renamed.Keys);
        using TensorFile file = SafetensorsSamples.Open(SafetensorsTests.Written(renamed, []));
        Assert.Equal(StateMatching.ResidualName, NetworkState.Load(file, read));
        Assert.Equal(NormSamples.Everything(model), NormSamples.Everything(read));

        static string Torchvision(string name)
        {
            string[] parts = name["body.".Length..].Split('.');
            string Plain(string part) => part.Replace("norm", "bn", StringComparison.Ordinal);
            return parts[0].StartsWith("stage", StringComparison.Ordinal)
                ? $"layer{parts[0][5]}.{parts[0][^1] - '1'}." + (parts[1] is "shortcut" ? $"downsample.{(parts[2] is "conv" ? 0 : 1)}.{parts[3]}" : $"{Plain(parts[2])}.{parts[3]}")
                : $"{Plain(parts[0])}.{parts[1]}";
        }
    }

    [Fact]
    public void A_file_of_TorchSharps_cut_off_anywhere_is_refused_and_changed_anywhere_read_or_refused()
    {
        using nn.Module<Tensor, Tensor> written = Networks.Mlp([4], [3], 2, seed: 1);
        string path = Path.Combine(_test.Path, "net.dat");
        written.save(path);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.Throws<InvalidDataException>(() => SafetensorsSamples.Open(cut, safetensors: false));
        }

        for (int place = 0; place < whole.Length; place++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. whole];
                changed[place] ^= (byte)(1 << bit);
                try
                {
                    using TensorFile file = SafetensorsSamples.Open(changed, safetensors: false);
                }
                catch (InvalidDataException exception)
                {
                    Assert.StartsWith("net.safetensors: expected ", exception.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Names_of_elsewhere_are_told_by_shapes_and_numbers()
    {
        using nn.Module<Tensor, Tensor> written = Networks.Mlp([4], [6, 6, 6, 6, 6, 6], 2, seed: 1);

        // A torch.nn.Sequential's names: a file has "10" before "2".
        Dictionary<string, Tensor> state = Renamed(written, name => $"{2 * (name[2] - '0')}{name[3..]}");
        using TensorFile file = TensorFile.Open(Save(state, []));
        using nn.Module<Tensor, Tensor> read = Networks.Mlp([4], [6, 6, 6, 6, 6, 6], 2, seed: 2);
        Assert.Equal(StateMatching.OrderAndShape, NetworkState.Load(file, read));
        AssertSame(written, read);
        Assert.Equal([6, 6, 6, 6, 6, 6], NetworkSizes.Of(file, new NetworkSpec(NetworkSpec.Mlp, [4], 2, 1)).Hidden);
    }

    [Fact]
    public void Float64_and_half_precision_become_the_networks_type_and_counters_may_be_there_or_not()
    {
        using nn.Module<Tensor, Tensor> written = Spec(NetworkSpec.BatchNormCnn).Make();
        Dictionary<string, Tensor> state = written.state_dict().Where(each => !each.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .ToDictionary(each => each.Key, each => each.Value.to(ScalarType.Float64), StringComparer.Ordinal);
        using TensorFile file = TensorFile.Open(Save(state, []));
        using nn.Module<Tensor, Tensor> read = (Spec(NetworkSpec.BatchNormCnn) with { Seed = 2 }).Make();
        Assert.Equal(StateMatching.Name, NetworkState.Load(file, read));
        AssertSame(written, read);
    }

    [Fact]
    public void What_does_not_fit_is_said_by_name_and_shape_and_changes_nothing()
    {
        using nn.Module<Tensor, Tensor> written = Networks.Mlp([4], [6], 2, seed: 1);
        using nn.Module<Tensor, Tensor> other = Networks.Mlp([4], [5], 2, seed: 2);
        using nn.Module<Tensor, Tensor> before = Networks.Mlp([4], [5], 2, seed: 2);
        Refused(written.state_dict(), other, "expected 'fc1.weight' (5, 4), but got 'fc1.weight' (6, 4)");
        Refused(Renamed(written, name => "net." + name), other, "expected the network's layers, but it has none for 'fc1' (bias (5), weight (5, 4)), 'fc2' (bias (2), weight (2, 5)), "
            + "and these are left over: 'net.fc1' (bias (6), weight (6, 4)), 'net.fc2' (bias (2), weight (2, 6)).");
        AssertSame(before, other);

        using nn.Module<Tensor, Tensor> square = Networks.Mlp([4], [4, 4], 4, seed: 1);
        Refused(Renamed(square, name => name.Replace("fc1", "first", StringComparison.Ordinal).Replace("fc2", "second", StringComparison.Ordinal)), square, "neither the network's names nor an order");

        Dictionary<string, Tensor> broken = before.state_dict().ToDictionary(each => each.Key, each => each.Value.clone(), StringComparer.Ordinal);
        broken["fc2.bias"][0] = float.NaN;
        using TensorFile file = TensorFile.Open(Save(broken, []));
        Assert.Contains("'fc2.bias' (2)", Assert.Throws<NumericalException>(() => NetworkState.Load(file, other)).Message, StringComparison.Ordinal);
        Refused(before.state_dict().ToDictionary(each => each.Key, each => each.Value.to(ScalarType.Int64), StringComparer.Ordinal), other, "but they are I64");
        AssertSame(before, other);
    }

    [Theory]
    [InlineData("expected one of linear, mlp,", "model", "transformer")]
    [InlineData("expected a whole number from 1 to 1000000 for outputs", "outputs", "-3")]
    [InlineData("expected a whole number from 1 to 1000000 for hidden", "hidden", "6,99999999999999999999")]
    [InlineData("expected schema 'presage.network/1'", "schema", "presage.network/2")]
    [InlineData("expected relu, sigmoid or tanh", "activation", "softmax")]
    [InlineData("expected input_shape", "input_shape", null)]
    public void A_description_that_makes_no_sense_is_refused(string expected, string name, string? text)
    {
        NetworkSpec spec = Spec(NetworkSpec.Mlp);
        Dictionary<string, string> strings = NetworkStrings.Of(spec);
        strings.Remove(name);
        if (text is not null)
        {
            strings[name] = text;
        }

        using TensorFile file = TensorFile.Open(Save([], strings));
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => NetworkStrings.Read(file)).Message, StringComparison.Ordinal);
    }

    private static NetworkSpec Spec(string model) => new(model, [1, 16, 16], 3, 1)
    {
        Hidden = model is NetworkSpec.Mlp ? [7, 7, 5] : [],
        Channels = NetworkSpec.HasChannels(model) ? 2 : null,
    };

    private static Dictionary<string, Tensor> Renamed(nn.Module model, Func<string, string> rename) =>
        model.state_dict().ToDictionary(each => rename(each.Key), each => each.Value, StringComparer.Ordinal);

    private static void AssertSame(nn.Module expected, nn.Module actual)
    {
        using var scope = NewDisposeScope();
        Assert.All(expected.state_dict().Zip(actual.state_dict()), pair => Assert.True(pair.First.Value.eq(pair.Second.Value).all().item<bool>(), pair.First.Key));
    }

    private void Refused(Dictionary<string, Tensor> state, nn.Module model, string expected)
    {
        using TensorFile file = TensorFile.Open(Save(state, []));
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => NetworkState.Load(file, model)).Message, StringComparison.Ordinal);
    }

    private string Save(Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) =>
        _test.Write($"{Guid.NewGuid():N}.safetensors", SafetensorsTests.Written(tensors, metadata));
}
