using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Zoos;

/// <summary>Trains a network of a family to the family's training loss, and measures it before, on the way, and at the end.</summary>
internal sealed class ZooTraining : IDisposable
{
    private const int Chunk = 500;

    // Points on the way lie so far apart, as a ratio of epochs; the first after this share of an epoch.
    private const double Apart = 1.5;
    private const double First = 0.25;

    private readonly ZooGrid _grid;
    private readonly ZooNetwork _network;
    private readonly SettingWork _work;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly Tensor _trueTestLabels;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly nn.Module<Tensor, Tensor> _initial;
    private readonly GradientProbe _probe;
    private readonly BatchTrainer _trainer;
    private readonly List<ZooPoint> _points = [];
    private readonly ZooMeasurements _measures = new();

    private ZooTraining(ZooGrid grid, ZooNetwork network, SettingWork work)
    {
        (_grid, _network, _work) = (grid, network, work);
        var random = new SeededRandom(network.Seed);
        NoisySample sample = NoisySample.Draw(work.Data!, network.TrainSize, grid.TestSize, new SampleNoise(network.LabelNoise, 0, TestToo: true), network.Seed);
        _train = Replica.Tensors(sample.Train);
        _test = Replica.Tensors(sample.Test);
        ExampleSet clean = NoisySample.Draw(work.Data!, network.TrainSize, grid.TestSize, new SampleNoise(0, 0, TestToo: false), network.Seed).Test;
        _trueTestLabels = tensor([.. clean.Labels!.Select(label => (long)label)]).DetachFromDisposeScope();
        int weights = SeedFor("weights");
        _model = Make();
        _initial = Make();
        _probe = new GradientProbe(_model, new ProbeOptions(Signs: false, InnerProducts: false));
        _trainer = new BatchTrainer(_model, _train.Inputs, _train.Targets, Losses.CrossEntropy, new BatchPlan(Math.Min(network.BatchSize, network.TrainSize), network.LearningRate, SeedFor("order")));

        int SeedFor(string purpose) => random.Derive(purpose).NextInt(int.MaxValue);

        nn.Module<Tensor, Tensor> Make() => string.Equals(network.Model, ZooGrid.DeepCnn, StringComparison.Ordinal)
            ? Networks.DeepCnn(sample.Train.InputShape, network.Width, network.Depth, sample.Train.ClassCount, weights)
            : Networks.Mlp(sample.Train.InputShape, [.. Enumerable.Repeat(network.Width, network.Depth)], sample.Train.ClassCount, weights);
    }

    /// <summary>Trains and measures; a network that diverges gives a row too.</summary>
    /// <param name="grid">The family.</param>
    /// <param name="network">The network.</param>
    /// <param name="work">Images and progress.</param>
    public static ZooRow Run(ZooGrid grid, ZooNetwork network, SettingWork work)
    {
        using var scope = NewDisposeScope();
        using var training = new ZooTraining(grid, network, work);
        return training.Run();
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
        _initial.Dispose();
        _trueTestLabels.Dispose();
        foreach (Tensor each in (Tensor[])[_train.Inputs, _train.Targets, _test.Inputs, _test.Targets])
        {
            each.Dispose();
        }
    }

    private ZooRow Run()
    {
        ZooEnding ending;
        Evaluation? train = null;
        Evaluation? test = null;
        double? trueError = null;
        try
        {
            int foretold = Math.Min(_network.TrainSize, Math.Max(_grid.ForecastSize, _grid.InKernel));
            ZooKernel.Add(_measures, _initial, Few(_train.Inputs, foretold), Few(_train.Targets, foretold), _grid.InKernel, _work.Cancellation);
            train = Train();
            ending = train.Loss <= _grid.StopLoss ? ZooEnding.LossReached : ZooEnding.EpochsEnded;
            test = Evaluate(_test.Inputs, _test.Targets);
            trueError = 1 - Evaluate(_test.Inputs, _trueTestLabels).Accuracy;
            _measures.AddCourse(_points);
            ZooNorms.Add(_measures, _model, _initial, _train, _work.Cancellation);
        }
        catch (NumericalException exception)
        {
            (ending, train, test, trueError) = (ZooEnding.Diverged, null, null, null);
            _measures.RefuseRest(exception.Message);
        }

        return new ZooRow(
            ending, train?.Loss, 1 - train?.Accuracy, test?.Loss, 1 - test?.Accuracy, trueError, _model.parameters().Sum(parameter => parameter.numel()), _trainer.Step,
            _measures.Values, _measures.Reasons, _points);
    }

    // Training ends after the first pass whose end is at the loss asked for. The mean over a pass's batches says when that is worth asking.
    private Evaluation Train()
    {
        Evaluation now = Measure();
        double next = First;
        while (now.Loss > _grid.StopLoss && _trainer.Epoch < _grid.MostEpochs)
        {
            long end = Math.Min(_trainer.Step + _trainer.StepsPerEpoch, (long)_grid.MostEpochs * _trainer.StepsPerEpoch);
            double losses = 0;
            while (_trainer.Step < end)
            {
                long step = Math.Min(end, Math.Max(_trainer.Step + 1, (long)Math.Ceiling(next * _trainer.StepsPerEpoch)));
                _trainer.AdvanceTo(step, () => losses += _trainer.BatchLoss!.Value, _work.Cancellation);
                if (_trainer.Epoch >= next)
                {
                    now = Measure();
                    next = _trainer.Epoch * Apart;
                }
            }

            _work.OnProgress(_trainer.Epoch / _grid.MostEpochs);
            if (losses / _trainer.StepsPerEpoch <= 2 * _grid.StopLoss && _points[^1].Step < _trainer.Step)
            {
                now = Evaluate(_train.Inputs, _train.Targets);
            }
        }

        return _points[^1].Step < _trainer.Step ? Measure() : now;
    }

    private Evaluation Measure()
    {
        Evaluation now = Evaluate(_train.Inputs, _train.Targets);
        using var scope = NewDisposeScope();
        GradientStatistics statistics = _probe.Measure(Few(_train.Inputs, _grid.Probed), Few(_train.Targets, _grid.Probed), Losses.CrossEntropy, _work.Cancellation);
        GradientMeasures measures = GradientMeasures.Of(statistics, _network.TrainSize).Network;
        _points.Add(new ZooPoint(
            _trainer.Step, now.Loss, measures.Gsnr.Mean, measures.Gsnr.Debiased, measures.OsgrPredicted, measures.Coherence.AlphaDebiased, measures.Coherence.OverOrthogonal, measures.NoiseScale));
        return now;
    }

    private Evaluation Evaluate(Tensor inputs, Tensor targets)
    {
        Evaluation found = Evaluation.Of(_model, inputs, targets, Losses.CrossEntropy, Chunk, cancellation: _work.Cancellation);
        return double.IsFinite(found.Loss) ? found : throw new NumericalException(Invariant($"At step {_trainer.Step} the loss is {found.Loss}: the network has diverged."));
    }

    private static Tensor Few(Tensor all, int count) => all[..count];
}
