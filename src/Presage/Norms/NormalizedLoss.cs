using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Loss of the normalized network f̃ = f/ρ at a scale R, that is of R·f̃, in nats and float64: on it, training loss predicts test loss.
/// Source: document 002, eq. 1, 2 and 6; for several classes its eq. 10.
/// </summary>
/// <param name="Sum">Σ over examples of the loss.</param>
/// <param name="ExcessSum">
/// Σ over examples of loss − ln K, computed as such: normalized losses lie within about R/ρ of ln K, and differences far below the rounding of ln K survive here only.
/// </param>
/// <param name="Examples">Number of examples.</param>
/// <param name="Classes">Number of classes K; 2 for the logistic loss of one output.</param>
public sealed record NormalizedLoss(double Sum, double ExcessSum, int Examples, int Classes)
{
    /// <summary>Mean loss an example.</summary>
    public double Mean => Sum / Examples;

    /// <summary>Mean of loss − ln K, the accurate number where ρ is large.</summary>
    public double Excess => ExcessSum / Examples;

    /// <summary>The loss over this sample and another of as many classes.</summary>
    /// <param name="other">The other sample's loss.</param>
    /// <exception cref="ArgumentException">The numbers of classes differ.</exception>
    public NormalizedLoss Add(NormalizedLoss other) => other.Classes == Classes
        ? new(Sum + other.Sum, ExcessSum + other.ExcessSum, Examples + other.Examples, Classes)
        : throw new ArgumentException($"Expected a loss over {Classes} classes, but got one over {other.Classes}.", nameof(other));

    /// <summary>Cross-entropy of R·f/ρ.</summary>
    /// <param name="outputs">The network's outputs f (N, K) before normalization, K ≥ 2.</param>
    /// <param name="labels">Classes (N), int64.</param>
    /// <param name="logNorm">ln ρ; 0 for the loss of the outputs as they are.</param>
    /// <param name="scale">R ≥ 0.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or the scale is not finite and at least 0.</exception>
    public static NormalizedLoss CrossEntropy(Tensor outputs, Tensor labels, double logNorm, double scale = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Outputs.CheckClasses(outputs, labels);
        Tensor logits = Scaled(outputs, logNorm, scale);
        Tensor right = logits.gather(1, labels.unsqueeze(1)).squeeze(1);
        Tensor largest = logits.amax([1]);
        Tensor exponents = logits - largest.unsqueeze(1);

        // ln Σ_k e^{z_k} − z_y − ln K = ln(1 + mean_k(e^{z_k − z_max} − 1)) + z_max − z_y: both terms vanish with the logits.
        Tensor shift = largest - right;
        double excess = (exponents.expm1().mean([1]).log1p() + shift).sum().item<double>();

        // Without the term of the largest logit, which is 1: where the loss itself is tiny, ln K would drown it.
        Tensor others = exponents.exp().scatter(1, exponents.argmax(1, keepdim: true), zeros_like(largest).unsqueeze(1)).sum(dim: 1);
        double sum = (others.log1p() + shift).sum().item<double>();
        return new NormalizedLoss(sum, excess, (int)outputs.shape[0], (int)outputs.shape[1]);
    }

    /// <summary>
    /// ln(1 + e^{−y·R·f/ρ}) for networks with one output: the cross-entropy of the two logits (0, f) or (−f/2, f/2). Source: document 002, eq. 2.
    /// </summary>
    /// <param name="outputs">The network's outputs f (N) or (N, 1) before normalization.</param>
    /// <param name="signs">y (N), each −1 or 1.</param>
    /// <param name="logNorm">ln ρ.</param>
    /// <param name="scale">R ≥ 0.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, a sign is neither −1 nor 1, or the scale is not finite and at least 0.</exception>
    public static NormalizedLoss Logistic(Tensor outputs, Tensor signs, double logNorm, double scale = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor a = -(Outputs.Signed(outputs, signs) * Factor(logNorm, scale, outputs.device));

        // With a = −y·R·f̃: ln(1 + e^a) = max(a, 0) + ln(1 + e^{−|a|}), and ln((1 + e^a)/2) = max(a, 0) + ln(1 + (e^{−|a|} − 1)/2).
        Tensor positive = a.relu();
        Tensor decay = -a.abs();
        using Scalar half = 0.5;
        double sum = (positive + decay.exp().log1p()).sum().item<double>();
        double excess = (positive + (decay.expm1() * half).log1p()).sum().item<double>();
        return new NormalizedLoss(sum, excess, (int)outputs.shape[0], 2);
    }

    private static Tensor Scaled(Tensor outputs, double logNorm, double scale) =>
        outputs.detach().to(ScalarType.Float64) * Factor(logNorm, scale, outputs.device);

    private static Tensor Factor(double logNorm, double scale, Device device)
    {
        if (!double.IsFinite(scale) || scale < 0)
        {
            throw new ArgumentException($"Expected a finite scale R of at least 0, but got {scale}.", nameof(scale));
        }

        return tensor(scale * Math.Exp(-logNorm), ScalarType.Float64, device);
    }
}
