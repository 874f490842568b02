using Presage.Gradients;
using Presage.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Zoos;

/// <summary>What the tangent kernel of a network's start says of it.</summary>
internal static class ZooKernel
{
    /// <summary>Adds the kernel's condition number and the forecast, in float64, as single precision hides small eigenvalues.</summary>
    /// <param name="measures">Where to.</param>
    /// <param name="initial">The network as it was initialized; left in float32.</param>
    /// <param name="inputs">Training inputs (n, …) that the forecast is made from.</param>
    /// <param name="labels">Their labels (n).</param>
    /// <param name="inCondition">The first so many of them, at most n, are those of the condition number, which grows with their number.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void Add(ZooMeasurements measures, nn.Module<Tensor, Tensor> initial, Tensor inputs, Tensor labels, int inCondition, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        try
        {
            initial.to(ScalarType.Float64);
            GramMatrix gram = EmpiricalKernel.OfSummedOutputs(initial, inputs.to(ScalarType.Float64), null, cancellation);
            Tensor kernel = tensor(gram.Values.ToArray(), [gram.Size, gram.Size]);
            var spectrum = KernelSpectrum.Of(kernel[..inCondition, ..inCondition]);
            measures.Add(ZooMeasure.NtkCondition, spectrum.IsBound ? null : spectrum.Log10ConditionNumber, "the smallest eigenvalue is below rounding");
            measures.Add(ZooMeasure.Forecast, GeneralizationForecast.LeaveOneOutAccuracy(kernel, labels), "it is not finite");
        }
        catch (NumericalException exception)
        {
            measures.Refuse(ZooMeasure.NtkCondition, exception.Message);
            measures.Refuse(ZooMeasure.Forecast, exception.Message);
        }
        catch (ArgumentException exception)
        {
            // One class alone among the labels.
            measures.Refuse(ZooMeasure.Forecast, exception.Message);
        }
        finally
        {
            initial.to(ScalarType.Float32);
        }
    }
}
