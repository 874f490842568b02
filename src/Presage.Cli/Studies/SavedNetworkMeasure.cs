using System.Globalization;
using Presage.Checkpoints;
using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using Presage.Runs;
using Presage.Runs.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>Measures one saved network on its examples.</summary>
internal static class SavedNetworkMeasure
{
    // Examples that go through the network at a time.
    private const int Chunk = 100;

    // Examples that f = ρ·f̃ is proven on, in float64.
    private const int Proven = 500;

    // What of the work the proof is taken for.
    private const double ProofShare = 0.5;

    /// <param name="checkpoint">The network's file.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="data">Its examples.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BadInputException">The network does not suit the examples.</exception>
    /// <exception cref="InvalidDataException">The file does not hold that network.</exception>
    /// <exception cref="NumericalException">A weight or output is not finite.</exception>
    public static NetworkReport Of(Checkpoint checkpoint, NormsOptions options, DiagnoseData data, Action<double> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        NetworkSpec spec = checkpoint.SpecFor(options, data.Train, data.Name);
        using nn.Module<Tensor, Tensor> model = Make(spec, data.Name);
        StateMatching matching = NetworkState.Load(checkpoint.File, model);
        using nn.Module<Tensor, Tensor>? initial = checkpoint.Spec is null ? null : Make(spec, data.Name);
        DistanceFromInitialization? distance = initial is null ? null : DistanceFromInitialization.Of(model, initial);
        model.eval();
        using var train = new ExampleTensors(data.Train, CPU);
        using var test = new ExampleTensors(data.Test, CPU);
        Tensor sample = train.Inputs[..Math.Min(Proven, train.Count)];
        var (normalized, refusal) = Normalize(checkpoint.File.Name, model, sample, NormChoice.Of(options.Norm));
        cancellation.ThrowIfCancellationRequested();
        double? path = normalized is null ? null : PathNormOf(model, sample);
        onProgress(ProofShare);
        ExamplesReport onTrain = Examples(checkpoint.File.Name, model, train, normalized?.LogNorm, options.Scale, Done, cancellation);
        ExamplesReport onTest = Examples(checkpoint.File.Name, model, test, normalized?.LogNorm, options.Scale, done => Done(train.Count + done), cancellation);
        return new NetworkReport(
            checkpoint.Name,
            checkpoint.File.Name,
            spec.Model,
            Architecture.Of(model),
            model.parameters().Sum(parameter => parameter.numel()),
            matching == StateMatching.Name ? "Its tensors are told by their names."
                : matching == StateMatching.ResidualName ? "Its tensors have the names that torchvision gives those of residual networks, and are told by them."
                : "Its tensors have other names than the network's, and are told by shapes and numbers.",
            Training(checkpoint),
            new ExamplesSource(data.Name, (checkpoint.Selection?.LabelNoise).GetValueOrDefault(), TrainingSelection.DigestOf(data.Test), checkpoint.Selection?.Standardization is not null, IsTrainingSet(checkpoint, data)),
            Layers(model, sample, normalized, distance),
            path,
            distance,
            normalized,
            refusal,
            onTrain,
            onTest);

        void Done(int examples) => onProgress(ProofShare + ((1 - ProofShare) * examples / (train.Count + test.Count)));
    }

    private static nn.Module<Tensor, Tensor> Make(NetworkSpec spec, string data)
    {
        try
        {
            return spec.Make();
        }
        catch (ArgumentException exception)
        {
            throw new BadInputException($"--model {spec.Model} does not fit {data}: {exception.Message}", exception);
        }
    }

    private static (NormalizedNetwork? Network, Refusal? Refusal) Normalize(string file, nn.Module<Tensor, Tensor> model, Tensor sample, WeightNorm norm)
    {
        try
        {
            return (NormalizedNetwork.Of(model, sample, norm), null);
        }
        catch (NotHomogeneousException exception)
        {
            return (null, new Refusal(exception.Message, exception.Layer));
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"{file}: {exception.Message}", exception);
        }
    }

    private static double? PathNormOf(nn.Module<Tensor, Tensor> model, Tensor sample)
    {
        try
        {
            return PathNorm.Of(model, sample);
        }
        catch (Exception exception) when (exception is NumericalException or NotHomogeneousException)
        {
            // Beyond the range of numbers, or code between layers that scales.
            return null;
        }
    }

    private static List<LayerReport> Layers(nn.Module<Tensor, Tensor> model, Tensor sample, NormalizedNetwork? normalized, DistanceFromInitialization? distance)
    {
        // Exact norms of circular convolutions where nothing is absorbed; else those of the weights that count.
        IReadOnlyList<LayerNorms> norms = normalized is { Form.Absorbed.Count: > 0 } ? normalized.Form.LayerNorms() : LayerNorms.Of(model, sample);
        Dictionary<string, double> factors = (normalized?.Factors.Layers ?? []).DistinctBy(layer => layer.Layer, StringComparer.Ordinal)
            .ToDictionary(layer => layer.Layer, layer => layer.Norm, StringComparer.Ordinal);
        return
        [
            .. norms.Select(each => new LayerReport(
                each,
                factors.TryGetValue(each.Layer, out double norm) ? norm : null,
                distance?.Layers.FirstOrDefault(layer => string.Equals(layer.Layer, each.Layer, StringComparison.Ordinal)))),
        ];
    }

    private static ExamplesReport Examples(
        string file, nn.Module<Tensor, Tensor> model, ExampleTensors examples, double? logNorm, double scale, Action<int> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (int start = 0; start < examples.Count; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = Math.Min(start + Chunk, examples.Count);
            using var chunk = NewDisposeScope();
            parts.Add(model.call(examples.Inputs[start..end]).to(ScalarType.Float64).MoveToOuterDisposeScope());
            onProgress(end);
        }

        Tensor outputs = cat(parts);
        if (!outputs.isfinite().all().item<bool>())
        {
            throw new NumericalException($"{file}: an output of the network is not finite.");
        }

        Tensor labels = examples.Targets;
        if (!examples.IsClassification)
        {
            return new ExamplesReport(examples.Count, Losses.SquaredError(outputs, labels.to(ScalarType.Float64)).mean().item<double>(), null, null, null, null);
        }

        var margins = Margins.Of(outputs, labels);
        return new ExamplesReport(
            examples.Count,
            NormalizedLoss.CrossEntropy(outputs, labels, 0).Mean,
            1 - outputs.argmax(1).eq(labels).to(ScalarType.Float64).mean().item<double>(),
            logNorm is { } log ? NormalizedLoss.CrossEntropy(outputs, labels, log, scale) : null,
            margins,
            logNorm is { } ln ? margins.NormalizedBy(ln) : null);
    }

    private static bool? IsTrainingSet(Checkpoint checkpoint, DiagnoseData data) =>
        checkpoint.Selection is { } selection ? string.Equals(selection.TrainDigest, TrainingSelection.DigestOf(data.Train), StringComparison.Ordinal) : null;

    private static string? Training(Checkpoint checkpoint)
    {
        if (checkpoint.Selection is not { } selection)
        {
            return null;
        }

        // A file may claim anything: only what is a number or a word of ours is repeated.
        string steps = long.TryParse(checkpoint.File.Metadata.GetValueOrDefault("steps"), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            ? FormattableString.Invariant($"{count:N0}")
            : "an unknown number of";
        string status = checkpoint.File.Metadata.GetValueOrDefault("status") is SavedNetwork.Finished or SavedNetwork.Interrupted
            ? checkpoint.File.Metadata["status"]
            : "who knows how it ended";
        return FormattableString.Invariant($"Trained on {selection.Train:N0} examples for {steps} steps ({status}), label noise {selection.LabelNoise}, seed {selection.Seed}.");
    }
}
