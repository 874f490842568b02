using Presage.Data;
using Presage.Models;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>The network that the options ask for.</summary>
internal static class ModelChoice
{
    /// <summary>Its name: what was asked for, or what suits the examples.</summary>
    public static string Name(DiagnoseOptions options, ExampleSet examples) =>
        options.Model ?? (examples.InputShape is [_, >= Networks.LeastCnnSide, >= Networks.LeastCnnSide] ? "cnn" : "mlp");

    /// <summary>The network with its initial weights.</summary>
    /// <exception cref="BadInputException">It does not fit the examples, or an option does not fit it.</exception>
    public static nn.Module<Tensor, Tensor> Make(DiagnoseOptions options, ExampleSet examples)
    {
        string name = Name(options, examples);
        if (options.Channels is not null && !string.Equals(name, "cnn", StringComparison.Ordinal))
        {
            throw new BadInputException($"--channels belongs to --model cnn, but the model is {name}.");
        }

        int outputs = examples.Labels is null ? 1 : examples.ClassCount;
        try
        {
            return name switch
            {
                "linear" => Networks.Linear(examples.InputShape, outputs, options.Seed),
                "mlp" => Networks.Mlp(examples.InputShape, [256, 256, 256], outputs, options.Seed),
                "cnn" => Networks.Cnn(examples.InputShape, options.Channels ?? DiagnoseOptions.DefaultChannels, outputs, options.Seed),
                _ => throw new BadInputException($"--model '{name}' is unknown: {NearestName.Hint(name, ["linear", "mlp", "cnn"])}"),
            };
        }
        catch (ArgumentException exception)
        {
            throw new BadInputException($"--model {name} does not fit --data {options.Data}: {exception.Message}", exception);
        }
    }
}
