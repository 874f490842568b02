using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// A network in training on images of which some are noise, by any rule. With batch normalization it is evaluated with the means and variances averaged over
/// mini-batches of the training set.
/// </summary>
internal sealed class NoisyImagesTraining : IDisposable
{
    private const int Chunk = 250;
    private const int StatisticsBatch = 50;
    private const int Evaluations = 12;

    private static readonly PerExampleLoss Loss = Losses.CrossEntropy;

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly NoisyExamples _noisy;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly BatchTrainer _trainer;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="train">The training set.</param>
    /// <param name="test">The test set.</param>
    /// <param name="plan">How to train.</param>
    public NoisyImagesTraining(nn.Module<Tensor, Tensor> model, NoisyExamples train, ExampleSet test, BatchPlan plan)
    {
        _model = model;
        _noisy = train;
        _train = Replica.Tensors(train.Examples);
        _test = Replica.Tensors(test);
        _trainer = new BatchTrainer(model, _train.Inputs, _train.Targets, Loss, plan);
    }

    /// <summary>Trains for so many epochs, evaluated before the first, after the last, and about twelve times in between.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public NoisyImagesCurve Run(int epochs, Action<double> onProgress, CancellationToken cancellation)
    {
        double steps = (double)epochs * _trainer.StepsPerEpoch;
        int every = Math.Max(1, epochs / Evaluations);
        List<NoisyImagesPoint> points = [Evaluate(0, cancellation)];
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            _trainer.TrainEpochs(1, () => onProgress(_trainer.Step / steps), cancellation);
            if (epoch % every == 0 || epoch == epochs)
            {
                points.Add(Evaluate(epoch, cancellation));
            }
        }

        int examples = _noisy.Examples.Count;
        return new NoisyImagesCurve(_noisy.Replaced.Count(replaced => replaced) / (double)examples, examples, (int)_test.Targets.shape[0], points);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_train.Inputs, _train.Targets, _test.Inputs, _test.Targets])
        {
            tensor.Dispose();
        }

        _trainer.Dispose();
    }

    private NoisyImagesPoint Evaluate(int epoch, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        BatchStatistics.Adopt(_model, _train.Inputs, StatisticsBatch, cancellation);
        _model.eval();
        var pristine = Part(replaced: false);
        var corrupt = Part(replaced: true);
        Evaluation test = Evaluation.Of(_model, _test.Inputs, _test.Targets, Loss, Chunk, cancellation: cancellation);
        _model.train();
        double share = corrupt.Count / (double)_noisy.Examples.Count;
        double loss = (1 - share) * pristine.Loss + share * corrupt.Loss;
        if (!double.IsFinite(loss))
        {
            throw new NumericalException($"The training loss is {loss}: the network has diverged.");
        }

        return new NoisyImagesPoint(
            epoch, loss, (1 - share) * (pristine.Accuracy ?? 0) + share * (corrupt.Accuracy ?? 0), pristine.Accuracy, corrupt.Accuracy, test.Accuracy!.Value);

        (int Count, double Loss, double? Accuracy) Part(bool replaced)
        {
            long[] places = [.. _noisy.Replaced.Index().Where(each => each.Item == replaced).Select(each => (long)each.Index)];
            if (places.Length == 0)
            {
                return (0, 0, null);
            }

            TensorIndex part = TensorIndex.Tensor(tensor(places));
            Evaluation evaluation = Evaluation.Of(_model, _train.Inputs[part], _train.Targets[part], Loss, Chunk, cancellation: cancellation);
            return (places.Length, evaluation.Loss, evaluation.Accuracy);
        }
    }
}
