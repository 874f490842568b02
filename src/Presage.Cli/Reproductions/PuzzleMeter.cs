using Presage.Cli.Studies;
using Presage.Norms;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Measures a network of document 002, in evaluation mode, with batch normalizations absorbed into the layers before them.</summary>
internal sealed class PuzzleMeter
{
    private const int Bins = 60;

    // Enough to find how the network depends on its layers' norms.
    private const int Sample = 8;

    private static readonly (string Name, WeightNorm Norm)[] Products =
        [(PuzzleNorms.Frobenius, WeightNorm.Frobenius), (PuzzleNorms.L1, WeightNorm.L1), (PuzzleNorms.L3, WeightNorm.Lp(3)), (PuzzleNorms.Spectral, WeightNorm.Spectral)];

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly CancellationToken _cancellation;
    private readonly HomogeneousForm _form;

    /// <param name="model">The network; left in training mode.</param>
    /// <param name="train">The training set.</param>
    /// <param name="test">The test set.</param>
    /// <param name="cancellation">Stops it.</param>
    public PuzzleMeter(
        nn.Module<Tensor, Tensor> model, (Tensor Inputs, Tensor Targets) train, (Tensor Inputs, Tensor Targets) test, CancellationToken cancellation)
    {
        (_model, _train, _test, _cancellation) = (model, train, test, cancellation);
        using var scope = NewDisposeScope();
        model.eval();
        _form = HomogeneousForm.Of(model, Few());
        model.train();
    }

    /// <summary>Losses, errors and norms where the training stands.</summary>
    /// <exception cref="NumericalException">The network has diverged.</exception>
    public PuzzlePoint Measure(int epoch)
    {
        using var scope = NewDisposeScope();
        _model.eval();
        Dictionary<string, double> logs = Products.ToDictionary(each => each.Name, each => _form.Factors(each.Norm).LogNorm, StringComparer.Ordinal);
        logs[PuzzleNorms.OneImage] = OutputNorm.LogOf(_model, _train.Inputs[..1]);
        Tensor train = Outputs(_train.Inputs);
        Tensor test = Outputs(_test.Inputs);
        _model.train();
        return new PuzzlePoint(
            epoch,
            NormalizedLoss.CrossEntropy(train, _train.Targets, 0).Mean,
            Error(train, _train.Targets),
            NormalizedLoss.CrossEntropy(test, _test.Targets, 0).Mean,
            Error(test, _test.Targets),
            logs.ToDictionary(
                each => each.Key,
                each => new ScaledLoss(
                    each.Value, NormalizedLoss.CrossEntropy(train, _train.Targets, each.Value).Excess, NormalizedLoss.CrossEntropy(test, _test.Targets, each.Value).Excess),
                StringComparer.Ordinal));
    }

    /// <summary>What the network answers on its training set, divided by the product of Frobenius norms.</summary>
    public NormalizedOutputs NormalizedOutputs()
    {
        using var scope = NewDisposeScope();
        _model.eval();
        double factor = Math.Exp(-_form.Factors(WeightNorm.Frobenius).LogNorm);
        Tensor outputs = Outputs(_train.Inputs);
        _model.train();
        double[] raw = [.. outputs.amax([1]).data<double>()];
        double[] top = [.. raw.Select(value => value * factor)];
        var (least, most) = (top.Min(), top.Max());
        var counts = new int[Bins];
        foreach (double value in top)
        {
            counts[most > least ? Math.Min((int)((value - least) / (most - least) * Bins), Bins - 1) : 0]++;
        }

        double[] margins = Margins.Of(outputs, _train.Targets).NormalizedBy(Math.Log(1 / factor)).Quantiles(0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99);
        return new NormalizedOutputs(top.Average(), Deviation(top), raw.Average(), Deviation(raw), least, most, counts, margins[0], margins[1..]);
    }

    /// <summary>Normalizes the network where the training stands and proves on a few examples that f = ρ·f̃.</summary>
    /// <exception cref="NotHomogeneousException">It is not.</exception>
    public NormalizationFigures Prove()
    {
        using var scope = NewDisposeScope();
        _model.eval();
        try
        {
            NormalizationProof proof = NormalizedNetwork.Of(_model, Few(), WeightNorm.Frobenius).Proof;
            return new NormalizationFigures(proof.Difference, proof.AbsorptionDifference, proof.Examples);
        }
        finally
        {
            _model.train();
        }
    }

    /// <summary>Share of the test examples that the network gives other labels than these.</summary>
    public double TestError(long[] labels)
    {
        using var scope = NewDisposeScope();
        _model.eval();
        double error = Error(Outputs(_test.Inputs), tensor(labels));
        _model.train();
        return error;
    }

    private Tensor Few() => _train.Inputs[..(int)Math.Min(Sample, _train.Inputs.shape[0])];

    private Tensor Outputs(Tensor inputs) => NetworkOutputs.Of(_model, inputs, _cancellation);


    private static double Error(Tensor outputs, Tensor labels) => 1 - (outputs.argmax(1).eq(labels).sum().item<long>() / (double)labels.shape[0]);

    private static double Deviation(double[] values) => MathNet.Numerics.Statistics.Statistics.PopulationStandardDeviation(values);
}
