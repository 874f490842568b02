using System.Globalization;
using Presage.Models;

namespace Presage.Checkpoints;

/// <summary>A network's description as the strings of a safetensors file.</summary>
public static class NetworkStrings
{
    private const string Schema = "schema";
    private const string Current = "presage.network/1";

    // What a file claims is made only when its tensors bear it out; this keeps the claims themselves sane.
    private const int MostSide = 1_000_000;

    /// <summary>The strings by name: schema, model, input_shape, outputs, init_seed, and hidden and activation, or channels.</summary>
    /// <param name="spec">The description.</param>
    public static Dictionary<string, string> Of(NetworkSpec spec)
    {
        var strings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Schema] = Current,
            ["model"] = spec.Model,
            ["input_shape"] = string.Join(',', spec.InputShape),
            ["outputs"] = spec.Outputs.ToString(CultureInfo.InvariantCulture),
            ["init_seed"] = spec.Seed.ToString(CultureInfo.InvariantCulture),
        };
        if (spec.Channels is { } channels)
        {
            strings["channels"] = channels.ToString(CultureInfo.InvariantCulture);
        }

        if (string.Equals(spec.Model, NetworkSpec.Mlp, StringComparison.Ordinal))
        {
            strings["hidden"] = string.Join(',', spec.Hidden);
            strings["activation"] = NameOf(spec.Activation);
        }

        return strings;
    }

    /// <summary>The name that an activation has in a file: relu, sigmoid, tanh.</summary>
    /// <param name="activation">The activation.</param>
    public static string NameOf(HiddenActivation activation) => activation switch
    {
        HiddenActivation.Sigmoid => "sigmoid",
        HiddenActivation.Tanh => "tanh",
        _ => "relu",
    };

    /// <summary>The description that a file gives of its network; null where it gives none.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidDataException">A string is missing, or is not what it should be.</exception>
    public static NetworkSpec? Read(TensorFile file)
    {
        if (!file.Metadata.TryGetValue(Schema, out string? schema))
        {
            return null;
        }

        if (!string.Equals(schema, Current, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{file.Name}: expected {Schema} '{Current}' in its metadata, but got {StoredTensor.Quoted(schema)}.");
        }

        string model = Text(file, "model");
        bool mlp = string.Equals(model, NetworkSpec.Mlp, StringComparison.Ordinal);
        return NetworkSpec.Names.Contains(model, StringComparer.Ordinal)
            ? new NetworkSpec(model, Sides(file, "input_shape"), Whole(file, "outputs", 1), Whole(file, "init_seed", 0, int.MaxValue))
            {
                Hidden = mlp ? Sides(file, "hidden") : [],
                Activation = mlp ? ActivationOf(file) : default,
                Channels = NetworkSpec.HasChannels(model) ? Whole(file, "channels", 1) : null,
            }
            : throw new InvalidDataException($"{file.Name}: expected one of {string.Join(", ", NetworkSpec.Names)} for model in its metadata, but got {StoredTensor.Quoted(model)}.");
    }

    /// <summary>A string of a file's metadata.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The string's name.</param>
    /// <exception cref="InvalidDataException">It is missing.</exception>
    public static string Text(TensorFile file, string name) => file.Metadata.TryGetValue(name, out string? text)
        ? text
        : throw new InvalidDataException($"{file.Name}: expected {name} in its metadata, but there is none.");

    /// <summary>A whole number of a file's metadata.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The number's name.</param>
    /// <param name="least">Its least value.</param>
    /// <param name="most">Its largest value.</param>
    /// <exception cref="InvalidDataException">It is missing, or is not such a number.</exception>
    public static int Whole(TensorFile file, string name, int least, int most = MostSide) => WholeOf(file, name, Text(file, name), least, most);

    private static int WholeOf(TensorFile file, string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new InvalidDataException($"{file.Name}: expected a whole number from {least} to {most} for {name} in its metadata, but got {StoredTensor.Quoted(text)}.");

    private static int[] Sides(TensorFile file, string name)
    {
        string text = Text(file, name);
        return text.Length == 0 ? [] : [.. text.Split(',').Select(side => WholeOf(file, name, side, 1, MostSide))];
    }

    private static HiddenActivation ActivationOf(TensorFile file)
    {
        string text = Text(file, "activation");
        HiddenActivation[] named = [.. Enum.GetValues<HiddenActivation>().Where(each => string.Equals(NameOf(each), text, StringComparison.Ordinal))];
        return named is [var activation]
            ? activation
            : throw new InvalidDataException($"{file.Name}: expected relu, sigmoid or tanh for activation in its metadata, but got {StoredTensor.Quoted(text)}.");
    }
}
