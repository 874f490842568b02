using Presage.Cli.Studies;
using Presage.Norms;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Zoos;

/// <summary>Norms, normalized loss and margins of a trained network.</summary>
internal static class ZooNorms
{
    // Enough to find how the network depends on its layers' norms.
    private const int Sample = 8;

    // Share of the training examples whose margin is below the one that counts.
    private const double MarginShare = 0.1;

    /// <summary>Adds them.</summary>
    /// <param name="measures">Where to.</param>
    /// <param name="model">The trained network.</param>
    /// <param name="initial">The same as it was initialized.</param>
    /// <param name="train">The training set.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">An output is not finite.</exception>
    public static void Add(
        ZooMeasurements measures, nn.Module<Tensor, Tensor> model, nn.Module<Tensor, Tensor> initial, (Tensor Inputs, Tensor Targets) train, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var distance = DistanceFromInitialization.Of(model, initial);
        measures.Add(ZooMeasure.Distance, distance.Frobenius, "it is not finite");
        measures.Add(ZooMeasure.RelativeDistance, distance.Relative, "the initial weights are 0");
        Tensor outputs = NetworkOutputs.Of(model, train.Inputs, cancellation);
        double margin = Margins.Of(outputs, train.Targets).Quantile(MarginShare);
        measures.Add(ZooMeasure.Margin, margin, "it is not finite");
        try
        {
            Tensor few = train.Inputs[..(int)Math.Min(Sample, train.Inputs.shape[0])];
            var form = HomogeneousForm.Of(model, few);
            double frobenius = form.Factors(WeightNorm.Frobenius).LogNorm;
            double spectral = form.Factors(WeightNorm.Spectral).LogNorm;
            measures.Add(ZooMeasure.FrobeniusProduct, frobenius, "a layer's weights are 0");
            measures.Add(ZooMeasure.SpectralProduct, spectral, "a layer's weights are 0");
            measures.Add(ZooMeasure.NormalizedLoss, NormalizedLoss.CrossEntropy(outputs, train.Targets, frobenius).Excess, "the product of norms exceeds the range of numbers");
            measures.Add(ZooMeasure.NormalizedMargin, margin * Math.Exp(-frobenius), "the product of norms exceeds the range of numbers");
            measures.Add(ZooMeasure.SpectralMargin, margin > 0 ? spectral - Math.Log(margin) : null, "the margin is not above 0");
            measures.Add(ZooMeasure.Path, Math.Log(PathNorm.Of(model, few)), "no path has weights other than 0");
        }
        catch (NotHomogeneousException exception)
        {
            measures.RefuseRest(exception.Message);
        }
        catch (NumericalException exception)
        {
            measures.RefuseRest(exception.Message);
        }
    }
}
