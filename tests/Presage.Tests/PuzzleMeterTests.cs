using Presage.Cli.Reproductions;
using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using TorchSharp;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public sealed class PuzzleMeterTests : IDisposable
{
    private const int Classes = 4;

    // More than two of the meter's chunks.
    private const int Examples = 1003;

    private static readonly int[] Shape = [1, 16, 16];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Losses_and_errors_are_those_of_the_outputs_divided_by_the_product_of_norms()
    {
        Module<Tensor, Tensor> model = Drawn(Networks.ThreeLayerCnn(Shape, 3, Classes, isStrided: true, seed: 1), 2);
        var (train, test) = (Data(3), Data(4));
        PuzzlePoint point = new PuzzleMeter(model, train, test, CancellationToken.None).Measure(7);
        Assert.Equal(7, point.Epoch);
        Check(train, point.TrainLoss, point.TrainError, scaled => scaled.Train);
        Check(test, point.TestLoss, point.TestError, scaled => scaled.Test);

        void Check((Tensor Inputs, Tensor Targets) part, double loss, double error, Func<ScaledLoss, double> excess)
        {
            Tensor outputs = model.call(part.Inputs).to(ScalarType.Float64).detach();
            Assert.Equal(Loss(outputs, 1), loss, 1e-5);
            Assert.Equal(1 - outputs.argmax(1).eq(part.Targets).to(ScalarType.Float64).mean().item<double>(), error, 1e-12);
            foreach (var (name, norm) in (IEnumerable<(string, WeightNorm)>)[(PuzzleNorms.Frobenius, WeightNorm.Frobenius), (PuzzleNorms.L1, WeightNorm.L1), (PuzzleNorms.L3, WeightNorm.Lp(3)), (PuzzleNorms.Spectral, WeightNorm.Spectral)])
            {
                double rho = Rho(model, norm);
                Assert.Equal(Math.Log(rho), point.Scaled[name].LogRho, 1e-9);
                Assert.Equal(Loss(outputs, rho) - Math.Log(Classes), excess(point.Scaled[name]), 1e-6);
            }

            double image = outputsOf(train.Inputs[..1]).norm().item<double>();
            Assert.Equal(Math.Log(image), point.Scaled[PuzzleNorms.OneImage].LogRho, 1e-5);
            Assert.Equal(Loss(outputs, image) - Math.Log(Classes), excess(point.Scaled[PuzzleNorms.OneImage]), 1e-5);

            double Loss(Tensor of, double divisor) => functional.cross_entropy(of / divisor, part.Targets).item<double>();
        }

        Tensor outputsOf(Tensor inputs) => model.call(inputs).to(ScalarType.Float64).detach();
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(30)]
    public void Larger_weights_change_rho_and_no_normalized_loss(double factor)
    {
        Module<Tensor, Tensor> model = Drawn(Networks.ThreeLayerCnn(Shape, 3, Classes, isStrided: true, seed: 1), 2);
        var meter = new PuzzleMeter(model, Data(3), Data(4), CancellationToken.None);
        PuzzlePoint before = meter.Measure(1);
        using (no_grad())
        {
            foreach (var (_, parameter) in model.named_parameters())
            {
                parameter.mul_(factor);
            }
        }

        PuzzlePoint after = meter.Measure(2);
        Assert.Equal((before.TrainError, before.TestError), (after.TrainError, after.TestError));
        Assert.All(before.Scaled, each =>
        {
            ScaledLoss now = after.Scaled[each.Key];
            Assert.Equal(each.Value.LogRho + (3 * Math.Log(factor)), now.LogRho, 1e-5);
            Assert.Equal(each.Value.Train, now.Train, 1e-5 * Math.Abs(each.Value.Train));
            Assert.Equal(each.Value.Test, now.Test, 1e-5 * Math.Abs(each.Value.Test));
        });
    }

    [Fact]
    public void Batch_normalizations_are_counted_to_the_layers_that_take_them_over()
    {
        Module<Tensor, Tensor> model = Drawn(Networks.FiveLayerCnn(Shape, [4, 6, 6, 8], Classes, hasNormalization: true, seed: 1), 2);
        var (train, test) = (Data(3), Data(4));
        var meter = new PuzzleMeter(model, train, test, CancellationToken.None);

        // What the statistics are when it measures counts, not what they were when it was made.
        Drawn(model, 5);
        PuzzlePoint point = meter.Measure(1);
        model.eval();
        BatchNormFolding.Absorb(model, train.Inputs[..20]);
        Assert.Equal(Math.Log(Rho(model, WeightNorm.Frobenius)), point.Scaled[PuzzleNorms.Frobenius].LogRho, 1e-4);
        PuzzlePoint absorbed = new PuzzleMeter(model, train, test, CancellationToken.None).Measure(1);
        Assert.Equal(point.TestLoss, absorbed.TestLoss, 1e-4);
    }

    [Fact]
    public void The_network_is_left_as_it_was()
    {
        Module<Tensor, Tensor> model = Drawn(Networks.FiveLayerCnn(Shape, [4, 6, 6, 8], Classes, hasNormalization: true, seed: 1), 2);
        model.train();
        double[] before = Everything(model);
        var meter = new PuzzleMeter(model, Data(3), Data(4), CancellationToken.None);
        meter.Measure(1);
        meter.NormalizedOutputs();
        Assert.Equal(before, Everything(model));
    }

    [Fact]
    public void The_histogram_holds_every_example_and_margins_are_those_of_a_loop()
    {
        Module<Tensor, Tensor> model = Drawn(Networks.ThreeLayerCnn(Shape, 3, Classes, isStrided: true, seed: 1), 2);
        var (train, test) = (Data(3), Data(4));
        NormalizedOutputs found = new PuzzleMeter(model, train, test, CancellationToken.None).NormalizedOutputs();
        double rho = Rho(model, WeightNorm.Frobenius);
        double[][] outputs = [.. model.call(train.Inputs).detach().to(ScalarType.Float64).ToDoubles().Chunk(Classes)];
        long[] labels = [.. train.Targets.ToDoubles().Select(label => (long)label)];
        double[] top = [.. outputs.Select(each => each.Max() / rho)];
        double[] margins = [.. outputs.Select((each, n) => (each[labels[n]] - each.Where((_, k) => k != labels[n]).Max()) / rho).Order()];
        Assert.Equal(Examples, found.TopCounts.Sum());
        Assert.Equal(top.Average(), found.TopMean, 1e-6 * Math.Abs(top.Average()));
        Assert.Equal(found.TopMean * rho, found.RawTopMean, 1e-6 * Math.Abs(found.RawTopMean));
        Assert.Equal((top.Min(), top.Max()), (found.TopLeast, found.TopMost), EqualityComparer<(double, double)>.Create((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6));
        Assert.Equal(margins[0], found.MarginLeast, 1e-6);
        Assert.Equal(margins[(Examples - 1) / 2], found.MarginQuantiles[3], 1e-6);
    }

    [Fact]
    public void A_diverged_network_is_an_error_and_not_a_figure()
    {
        Module<Tensor, Tensor> model = Drawn(Networks.ThreeLayerCnn(Shape, 3, Classes, isStrided: true, seed: 1), 2);
        var meter = new PuzzleMeter(model, Data(3), Data(4), CancellationToken.None);
        using (no_grad())
        {
            model.named_parameters().First().parameter.fill_(double.NaN);
        }

        Assert.Throws<NumericalException>(() => meter.Measure(1));
    }

    private static (Tensor Inputs, Tensor Targets) Data(int seed) => (Normal(seed, Examples, 1, 16, 16), arange(Examples, ScalarType.Int64) % Classes);

    private static double Rho(Module model, WeightNorm norm) =>
        model.named_parameters().Where(each => each.parameter.dim() >= 2).Select(each => norm.Of(each.parameter)).Aggregate(1.0, (a, b) => a * b);
}
