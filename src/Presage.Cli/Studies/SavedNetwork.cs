using System.Globalization;
using Presage.Checkpoints;
using Presage.Models;
using Presage.Runs;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>The network that a training left in its run folder, with all that it takes to make it and its examples again.</summary>
internal static class SavedNetwork
{
    /// <summary>Name of the file in a run folder.</summary>
    public const string FileName = "model.safetensors";

    public const string Finished = "finished";

    public const string Interrupted = "interrupted";

    /// <param name="path">The file.</param>
    /// <param name="model">The network.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="selection">What it was trained on.</param>
    /// <param name="steps">Steps it was trained for.</param>
    /// <param name="status">How its training ended: finished or interrupted.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, nn.Module model, NetworkSpec spec, TrainingSelection selection, long steps, string status)
    {
        var strings = new Dictionary<string, string>([.. NetworkStrings.Of(spec), .. selection.ToStrings()], StringComparer.Ordinal)
        {
            ["steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["status"] = status,
        };
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> state = model.state_dict();
        WholeFile.Write(path, stream => SafetensorsWriter.Write(stream, state, strings));
    }
}
