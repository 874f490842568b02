using Presage.Data;
using Presage.Models;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>The network that the options ask for.</summary>
internal static class ModelChoice
{
    /// <summary>The networks that can be trained.</summary>
    public static readonly string[] Names = [NetworkSpec.Linear, NetworkSpec.Mlp, NetworkSpec.Cnn];

    /// <summary>Its name: what was asked for, or what suits the examples.</summary>
    public static string Name(DiagnoseOptions options, ExampleSet examples) =>
        options.Model ?? (examples.InputShape is [_, >= Networks.LeastCnnSide, >= Networks.LeastCnnSide] ? "cnn" : "mlp");

    /// <summary>All that it takes to make it.</summary>
    /// <exception cref="BadInputException">An option does not fit it.</exception>
    public static NetworkSpec Spec(DiagnoseOptions options, ExampleSet examples)
    {
        string name = Name(options, examples);
        bool cnn = string.Equals(name, NetworkSpec.Cnn, StringComparison.Ordinal);
        if (options.Channels is not null && !cnn)
        {
            throw new BadInputException($"--channels belongs to --model cnn, but the model is {name}.");
        }

        return Names.Contains(name, StringComparer.Ordinal)
            ? new NetworkSpec(name, examples.InputShape, examples.Labels is null ? 1 : examples.ClassCount, options.Seed)
            {
                Hidden = string.Equals(name, NetworkSpec.Mlp, StringComparison.Ordinal) ? [256, 256, 256] : [],
                Channels = cnn ? options.Channels ?? DiagnoseOptions.DefaultChannels : null,
            }
            : throw new BadInputException($"--model '{name}' is unknown: {NearestName.Hint(name, Names)}");
    }

    /// <summary>The network with its initial weights.</summary>
    /// <exception cref="BadInputException">It does not fit the examples, or an option does not fit it.</exception>
    public static nn.Module<Tensor, Tensor> Make(DiagnoseOptions options, ExampleSet examples)
    {
        NetworkSpec spec = Spec(options, examples);
        try
        {
            return spec.Make();
        }
        catch (ArgumentException exception)
        {
            throw new BadInputException($"--model {spec.Model} does not fit --data {options.Data}: {exception.Message}", exception);
        }
    }
}
