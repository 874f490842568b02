using Presage.Checkpoints;
using Presage.Data;
using Presage.Models;

namespace Presage.Cli.Studies;

/// <summary>A file with a network, and what it says of it.</summary>
/// <param name="Name">Its run folder's name, or its file's.</param>
/// <param name="File">The file, open.</param>
/// <param name="Spec">What network it is; null where it does not say.</param>
/// <param name="Selection">What that was trained on; null likewise.</param>
internal sealed record Checkpoint(string Name, TensorFile File, NetworkSpec? Spec, TrainingSelection? Selection) : IDisposable
{
    // How an archive of files begins; two letters alone may be the length of a header.
    private static readonly byte[] Zip = "PK\u0003\u0004"u8.ToArray();

    /// <summary>Opens a run folder's network, or a file.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or describes no network that there is.</exception>
    public static Checkpoint Open(string path)
    {
        bool isFolder = Directory.Exists(path);
        string file = isFolder ? Path.Combine(path, SavedNetwork.FileName) : path;
        if (!System.IO.File.Exists(file))
        {
            throw new BadInputException(isFolder
                ? $"'{path}' holds no {SavedNetwork.FileName}, which presage train and presage diagnose leave in their run folders."
                : $"'{path}' is neither a run folder nor a file.");
        }

        if (new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true) is { Exists: false })
        {
            throw new BadInputException($"'{file}' is a link to a file that is not there.");
        }

        TensorFile.RequireFile(file);
        RequireNoArchive(file);
        TensorFile tensors = TensorFile.Open(file);
        try
        {
            NetworkSpec? spec = NetworkStrings.Read(tensors);
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            return new Checkpoint(name, tensors, spec, spec is null || !tensors.Metadata.ContainsKey("data") ? null : TrainingSelection.Read(tensors));
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>The network that it holds, for inputs of some shape: as it says, or as the options do.</summary>
    /// <exception cref="BadInputException">Neither says, they disagree, or the network does not suit the inputs.</exception>
    /// <exception cref="InvalidDataException">Its tensors are not those of that network.</exception>
    public NetworkSpec SpecFor(NormsOptions options, ExampleSet examples, string data)
    {
        int outputs = examples.Labels is null ? 1 : examples.ClassCount;
        NetworkSpec spec = Spec is { } own ? Agreeing(own, options) : Asked(options, examples.InputShape, outputs);
        if (!spec.InputShape.SequenceEqual(examples.InputShape))
        {
            throw new BadInputException($"{File.Name} takes inputs of shape ({string.Join(", ", spec.InputShape)}), but those of {data} are ({string.Join(", ", examples.InputShape)}).");
        }

        if (spec.Outputs != outputs)
        {
            throw new BadInputException($"{File.Name} has {spec.Outputs} outputs, but {data} needs {outputs}.");
        }

        if (Spec is not null || options.Channels is not null || options.Hidden is not null)
        {
            NetworkSizes.RequireBorneOut(File, spec);
        }

        return spec;
    }

    public void Dispose() => File.Dispose();

    private static void RequireNoArchive(string file)
    {
        using FileStream stream = System.IO.File.OpenRead(file);
        var start = new byte[Zip.Length];
        if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual(Zip))
        {
            throw new BadInputException($"{file} is an archive, as torch.save writes them, which may hold programs: save the network's state_dict as a safetensors file.");
        }
    }

    private NetworkSpec Agreeing(NetworkSpec own, NormsOptions options) =>
        (options.Model is null || string.Equals(options.Model, own.Model, StringComparison.Ordinal))
        && (options.Channels is null || options.Channels == own.Channels)
        && (options.Hidden is null || options.Hidden.SequenceEqual(own.Hidden))
        && (options.Activation is null || options.Activation == own.Activation)
            ? own
            : throw new BadInputException($"{File.Name} says that it holds {InWords(own)}, but --model, --channels, --hidden or --activation ask for another network.");

    private NetworkSpec Asked(NormsOptions options, int[] inputShape, int outputs)
    {
        if (options.Model is not { } model)
        {
            throw new BadInputException($"{File.Name} does not say which network it holds: give --model, one of {string.Join(", ", NetworkSpec.Names)}.");
        }

        bool mlp = string.Equals(model, NetworkSpec.Mlp, StringComparison.Ordinal);
        if ((options.Hidden is not null || options.Activation is not null) && !mlp)
        {
            throw new BadInputException($"--hidden and --activation belong to --model {NetworkSpec.Mlp}, but the model is {model}.");
        }

        if (options.Channels is not null && !NetworkSpec.HasChannels(model))
        {
            throw new BadInputException($"--channels belongs to networks with convolutions, but the model is {model}.");
        }

        var spec = new NetworkSpec(model, inputShape, outputs, 0) { Hidden = options.Hidden ?? [], Channels = options.Channels, Activation = options.Activation ?? default };
        return options.Hidden is null && options.Channels is null ? NetworkSizes.Of(File, spec) : spec;
    }

    private static string InWords(NetworkSpec spec) => spec.Model
        + (spec.Channels is { } channels ? $" with {channels} channels" : "")
        + (spec.Hidden.Count > 0 ? $" with {string.Join(", ", spec.Hidden)} {NetworkStrings.NameOf(spec.Activation)} units" : "");
}
