using Presage.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace OwnLoop;

/// <summary>Images (N, 1, 28, 28) with labels (N) to train and to test on.</summary>
internal sealed record Examples(string Name, Tensor TrainImages, Tensor TrainLabels, Tensor TestImages, Tensor TestLabels)
{
    public static async Task<Examples> LoadMnistAsync()
    {
        ImageData data = await KnownData.LoadAsync("mnist", DataCache.FromEnvironment());
        (ExampleSet train, ExampleSet test) = Standardize.ByTrainingPart(data);
        return new Examples(data.Name, Images(train), Labels(train), Images(test)[..500], Labels(test)[..500]);
    }

    /// <summary>Ten pictures of noise, each with fresh noise over it: needs no download.</summary>
    public static Examples MakeUp(int train, int test)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(1);
        Tensor labels = randint(0, 10, [train + test], dtype: ScalarType.Int64, generator: generator);
        Tensor images = randn([10, 1, 28, 28], generator: generator)[labels] + (2 * randn([train + test, 1, 28, 28], generator: generator));
        return new Examples(
            "made-up",
            images[..train].MoveToOuterDisposeScope(),
            labels[..train].MoveToOuterDisposeScope(),
            images[train..].MoveToOuterDisposeScope(),
            labels[train..].MoveToOuterDisposeScope());
    }

    private static Tensor Images(ExampleSet examples) => tensor(examples.Inputs, [examples.Count, .. examples.InputShape.Select(side => (long)side)]);

    private static Tensor Labels(ExampleSet examples) => tensor([.. examples.Labels!.Select(label => (long)label)]);
}
