using Presage.Data;
using Presage.Models;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Training images as rows of float64, for networks that are followed exactly.</summary>
/// <param name="Inputs">Inputs (n, d).</param>
/// <param name="Labels">Labels (n).</param>
/// <param name="InputShape">Shape of an image.</param>
/// <param name="ClassCount">Number of classes.</param>
internal sealed record FlatExamples(Tensor Inputs, Tensor Labels, int[] InputShape, int ClassCount)
{
    /// <summary>Draws a training set from an image set's training part.</summary>
    public static FlatExamples Draw(ImageData data, int examples, int seed)
    {
        ImageSet chosen = Sampling.Choose(data.Train, examples, new SeededRandom(seed).Derive("training set").NextInt(int.MaxValue));
        ExampleSet set = Standardize.ByTrainingPart(chosen, data.Test).Train;
        return new FlatExamples(
            tensor(set.Inputs, set.Count, set.Inputs.Length / set.Count).to(ScalarType.Float64),
            tensor([.. set.Labels!.Select(label => (long)label)]),
            set.InputShape,
            set.ClassCount);
    }

    /// <summary>A multi-layer perceptron for them, with one of the initial weights of a seed.</summary>
    public nn.Module<Tensor, Tensor> Network(int[] hidden, int number, int seed) =>
        Networks.Mlp(InputShape, hidden, ClassCount, new SeededRandom(seed).Derive($"weights {number}").NextInt(int.MaxValue));
}
