using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Cross-entropy of the normalized network f̃ = f/ρ, with ρ the product of the layers' Frobenius norms: on it, training loss predicts test loss.
/// Source: document 002, eq. 1 and 2, with R = 1; cross-entropy for several classes as in its Appendix A.
/// </summary>
/// <remarks>
/// Exact for positively homogeneous networks of Linear and Conv2d layers with ReLU and pooling: dividing the weights of layer l by their norm
/// and its bias by the product of the norms up to l divides the outputs by ρ. Values lie within about 1/ρ of ln K, so they are computed in
/// float64 from logarithms near 1.
/// </remarks>
public static class NormalizedLoss
{
    /// <summary>ρ, the product over Linear and Conv2d layers of the Frobenius norms of their weights.</summary>
    /// <param name="model">A network of Linear and Conv2d layers.</param>
    public static double ProductOfFrobeniusNorms(nn.Module model)
    {
        using var scope = NewDisposeScope();
        double product = 1;
        foreach (nn.Module module in model.modules().Append(model).Distinct())
        {
            Parameter? weight = module switch
            {
                Linear linear => linear.weight,
                Conv2d convolution => convolution.weight,
                _ => null,
            };
            if (weight is not null)
            {
                product *= weight.detach().to(ScalarType.Float64).norm().item<double>();
            }
        }

        return product;
    }

    /// <summary>Σ over examples of the cross-entropy of outputs/ρ in nats.</summary>
    /// <param name="outputs">The network's outputs (N, K), before normalization.</param>
    /// <param name="labels">Classes (N), int64.</param>
    /// <param name="product">ρ &gt; 0.</param>
    public static double SumOfCrossEntropy(Tensor outputs, Tensor labels, double product)
    {
        using var scope = NewDisposeScope();
        // ln Σ_k e^{z_k} − z_y = ln K + ln(1 + mean_k(e^{z_k} − 1)) − z_y keeps differences far below the rounding of ln K.
        using TorchSharp.Scalar divisor = product;
        Tensor logits = outputs.detach().to(ScalarType.Float64) / divisor;
        Tensor largest = logits.amax([1], keepdim: true);
        Tensor shifted = logits - largest;
        Tensor excess = shifted.expm1().mean([1]).log1p() - shifted.gather(1, labels.unsqueeze(1)).squeeze(1);
        return excess.sum().item<double>() + labels.shape[0] * Math.Log(outputs.shape[1]);
    }
}
