using Presage.Cli.Studies;
using Presage.Gradients;
using Presage.Kernels;
using Presage.Models;
using Presage.Numerics;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One network on one training set, foretold and trained.</summary>
/// <param name="Data">Name of the data set.</param>
/// <param name="Model">"cnn" or "mlp".</param>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="Noise">Percent of the labels, those of the test set too, drawn anew.</param>
internal sealed record ForecastSetting(string Data, string Model, int Examples, int Noise)
{
    public string Name => Invariant($"{Data}-{Model}-{Examples}-noise-{Noise}");
}

/// <summary>What was foretold of a network, and what it then reached.</summary>
/// <param name="Forecast">Foretold accuracy, mean over the initializations.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Chance">Share of the most frequent training label.</param>
/// <param name="Nearest">Accuracy of nearest neighbours, each example left out.</param>
/// <param name="Neighbours">How many.</param>
/// <param name="InfiniteWidth">What the tangent kernel of the same layers, infinitely wide, foretells; null for networks with max pooling, which have none.</param>
/// <param name="Test">Accuracy of the trained networks on the test set, mean over the initializations.</param>
/// <param name="TestDeviation">Its standard deviation over them.</param>
/// <param name="LeastTrain">Smallest training accuracy that training ended with.</param>
internal sealed record ForecastRun(
    double Forecast, double Low, double High, double Chance, double Nearest, int Neighbours, double? InfiniteWidth, double Test, double TestDeviation, double LeastTrain)
{
    private const int Batch = 50;
    private const double LearningRate = 0.05;
    private const int Every = 5;

    private static readonly int[] Hidden = [256, 256];

    /// <summary>Foretells first, and trains the same initializations then.</summary>
    /// <exception cref="NumericalException">A network diverges.</exception>
    public static ForecastRun Of(ForecastSetting setting, ForecastSizes sizes, SettingWork work)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(work.Seed);
        var sample = NoisySample.Draw(work.Data!, setting.Examples, sizes.TestExamples, new SampleNoise(setting.Noise / 100.0, 0, TestToo: true), work.Seed);
        var train = Replica.Tensors(sample.Train);
        var test = Replica.Tensors(sample.Test);
        const double ShareOfForecast = 0.3;
        var forecast = GeneralizationForecast.Of(
            Make, sizes.Initializations, train.Inputs, train.Targets, share => work.OnProgress(ShareOfForecast * share), work.Cancellation);
        var nearest = NearestNeighbours.LeaveOneOut(train.Inputs, train.Targets);
        double? infinite = IsCnn(setting) ? null : ForecastStudy.InfiniteWidth(Hidden.Length, sample.Train.Inputs, train.Targets);
        (double Train, double Test)[] reached =
        [
            .. Enumerable.Range(0, sizes.Initializations).Select(i => Train(
                i, share => work.OnProgress(ShareOfForecast + ((1 - ShareOfForecast) * (i + share) / sizes.Initializations)))),
        ];
        Array.ForEach([train.Inputs, train.Targets, test.Inputs, test.Targets], tensor => tensor.Dispose());
        double[] accuracies = [.. reached.Select(each => each.Test)];
        return new ForecastRun(
            forecast.Accuracy, forecast.Interval.Low, forecast.Interval.High, forecast.Chance, nearest.Accuracy, nearest.Neighbours, infinite, accuracies.Average(),
            MathNet.Numerics.Statistics.Statistics.PopulationStandardDeviation(accuracies), reached.Min(each => each.Train));

        nn.Module<Tensor, Tensor> Make(int initialization)
        {
            int seed = random.Derive(Invariant($"weights {initialization}")).NextInt(int.MaxValue);
            return IsCnn(setting)
                ? Networks.Cnn(sample.Train.InputShape, sizes.Channels, sample.Train.ClassCount, seed)
                : Networks.Mlp(sample.Train.InputShape, Hidden, sample.Train.ClassCount, seed);
        }

        (double Train, double Test) Train(int initialization, Action<double> onProgress)
        {
            using nn.Module<Tensor, Tensor> model = Make(initialization);
            using var trainer = new BatchTrainer(
                model, train.Inputs, train.Targets, Losses.CrossEntropy, new BatchPlan(Math.Min(Batch, setting.Examples), LearningRate, random.Derive("order").NextInt(int.MaxValue)));
            double fitted;
            do
            {
                trainer.TrainEpochs(Every, () => onProgress(trainer.Epoch / sizes.MostEpochs), work.Cancellation);
                fitted = LabelFit.Share(LabelFit.Of(model, train, work.Cancellation))!.Value;
            }
            while (fitted < 1 && trainer.Epoch < sizes.MostEpochs);

            return (fitted, LabelFit.Share(LabelFit.Of(model, test, work.Cancellation))!.Value);
        }
    }

    private static bool IsCnn(ForecastSetting setting) => string.Equals(setting.Model, NetworkSpec.Cnn, StringComparison.Ordinal);
}

/// <summary>How much is run.</summary>
/// <param name="Examples">Sizes n of training sets.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="Channels">Channels p of the CNN.</param>
/// <param name="Initializations">Networks foretold and trained a setting.</param>
/// <param name="MostEpochs">Passes over the training set at most.</param>
internal sealed record ForecastSizes(int[] Examples, int TestExamples, int Channels, int Initializations, int MostEpochs);
