using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Trains a network of document 002 and measures it on the way, normalized and not.</summary>
internal sealed class PuzzleTraining : IDisposable
{
    private readonly PuzzleNet _net;
    private readonly SettingWork _work;
    private readonly ExampleSet _set;
    private readonly SeededRandom _random;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly long[] _trueTestLabels;

    private PuzzleTraining(PuzzleNet net, SettingWork work)
    {
        (_net, _work, _random) = (net, work, new SeededRandom(work.Seed));
        ImageData data = work.Data!;
        var (train, test) = Standardize.ByTrainingPart(
            Sampling.Choose(data.Train, net.Examples ?? data.Train.Count, SeedFor("training set")),
            Sampling.Choose(data.Test, Math.Min(net.TestExamples, data.Test.Count), SeedFor("test set")));
        _set = net.HasRandomLabels ? WithRandomLabels(train, "random labels") : train;
        _train = Replica.Tensors(_set);
        _test = Replica.Tensors(net.HasRandomLabels ? WithRandomLabels(test, "random labels of the test set") : test);
        _trueTestLabels = [.. test.Labels!.Select(label => (long)label)];

        // Networks that differ in their start differ in more than its size.
        _model = PuzzleNetworks.Make(net, train.InputShape, train.ClassCount, SeedFor(Invariant($"weights of standard deviation {net.Deviation} before {net.Corruption}")));
    }

    /// <summary>
    /// Trains to the end, or until the network diverges. Of one seed, images and their order are the same for every network of a family; initial weights are drawn anew
    /// for each that starts or is pretrained otherwise.
    /// </summary>
    /// <param name="net">The network.</param>
    /// <param name="work">Data, seed and progress.</param>
    /// <exception cref="NumericalException">The network cannot be measured even before the first step.</exception>
    public static PuzzleRun Run(PuzzleNet net, SettingWork work)
    {
        using var scope = NewDisposeScope();
        using var training = new PuzzleTraining(net, work);
        return training.Run();
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_train.Inputs, _train.Targets, _test.Inputs, _test.Targets])
        {
            tensor.Dispose();
        }

        _model.Dispose();
    }

    private PuzzleRun Run()
    {
        PuzzlePlan plan = _net.Plan;
        var points = new List<PuzzlePoint>();
        NormalizedOutputs? outputs = null;
        NormalizationFigures? normalization = null;
        double? trueLabelError = null;
        string? failure = null;
        try
        {
            Pretrain();
            var meter = new PuzzleMeter(_model, _train, _test, _work.Cancellation);
            points.Add(meter.Measure(0));
            using var trainer = new BatchTrainer(_model, _train.Inputs, _train.Targets, Losses.CrossEntropy, Steps("order"));
            do
            {
                int epochs = Math.Min(plan.Every, plan.MostEpochs - (int)trainer.Epoch);
                trainer.TrainEpochs(epochs, () => Report(plan.PretrainEpochs + trainer.Epoch), _work.Cancellation);
                points.Add(meter.Measure((int)trainer.Epoch));
            }
            while (trainer.Epoch < plan.MostEpochs && !(points[^1].Fits && points[^1].TrainLoss <= plan.StopLoss));

            outputs = meter.NormalizedOutputs();
            normalization = meter.Prove();
            trueLabelError = _net.HasRandomLabels ? meter.TestError(_trueTestLabels) : null;
        }
        catch (Exception exception) when (exception is NumericalException or NotHomogeneousException)
        {
            failure = points.Count > 0 ? exception.Message : throw new NumericalException(exception.Message, exception);
        }

        return new PuzzleRun(
            _set.ClassCount, _set.Count, (int)_test.Targets.shape[0], _model.parameters().Sum(parameter => parameter.numel()), points, outputs, normalization, trueLabelError, failure);
    }

    private void Pretrain()
    {
        if (_net.Plan.PretrainEpochs > 0)
        {
            using Tensor labels = tensor([.. Permuted(_set.Labels!, _net.Corruption).Select(label => (long)label)]);
            using var trainer = new BatchTrainer(_model, _train.Inputs, labels, Losses.CrossEntropy, Steps("order in pretraining"));
            trainer.TrainEpochs(_net.Plan.PretrainEpochs, () => Report(trainer.Epoch), _work.Cancellation);
        }
    }

    private void Report(double epochs) => _work.OnProgress(epochs / (_net.Plan.PretrainEpochs + _net.Plan.MostEpochs));

    private BatchPlan Steps(string order) => new(Math.Min(_net.Plan.Batch, _set.Count), _net.Plan.LearningRate, SeedFor(order));

    private int[] Permuted(int[] labels, double share)
    {
        SeededRandom random = _random.Derive("permuted labels");
        int[] chosen = random.Choose(labels.Length, (int)Math.Round(share * labels.Length));
        int[] from = [.. chosen];
        random.Shuffle(from.AsSpan());
        int[] permuted = [.. labels];
        foreach (var (to, source) in chosen.Zip(from))
        {
            permuted[to] = labels[source];
        }

        return permuted;
    }

    private ExampleSet WithRandomLabels(ExampleSet examples, string purpose) =>
        examples with { Labels = LabelNoise.Relabel(examples.Labels!, examples.ClassCount, 1, SeedFor(purpose)).Labels };

    private int SeedFor(string purpose) => _random.Derive(purpose).NextInt(int.MaxValue);
}
