using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Margins of examples: the output of the right class minus the largest other, positive where the answer is right. Source: document 002, Appendix A.
/// </summary>
/// <param name="Values">One an example, in the examples' order.</param>
public sealed record Margins(double[] Values)
{
    /// <summary>Number of examples whose margin is 0 or below: answered wrong, or undecided.</summary>
    public int NonPositive => Values.Count(v => !(v > 0));

    /// <summary>The smallest margin.</summary>
    public double Least => Quantile(0);

    /// <summary>The mean margin.</summary>
    public double Mean => Values.Average();

    /// <summary>z_y − max over k ≠ y of z_k.</summary>
    /// <param name="outputs">Outputs z (N, K), K ≥ 2.</param>
    /// <param name="labels">Classes y (N), int64.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Margins Of(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Outputs.CheckClasses(outputs, labels);
        Tensor scores = outputs.detach().to(ScalarType.Float64);
        Tensor index = labels.unsqueeze(1);
        Tensor others = scores.scatter(1, index, full_like(index, double.NegativeInfinity, ScalarType.Float64));
        return new Margins((scores.gather(1, index).squeeze(1) - others.amax([1])).ToDoubles());
    }

    /// <summary>y·f for a network with one output.</summary>
    /// <param name="outputs">Outputs f (N) or (N, 1).</param>
    /// <param name="signs">y (N), each −1 or 1.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a sign is neither −1 nor 1.</exception>
    public static Margins OfSigns(Tensor outputs, Tensor signs)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return new Margins(Outputs.Signed(outputs, signs).ToDoubles());
    }

    /// <summary>The margins of the normalized network f/ρ.</summary>
    /// <param name="logNorm">ln ρ.</param>
    public Margins NormalizedBy(double logNorm)
    {
        double factor = Math.Exp(-logNorm);
        return new Margins([.. Values.Select(v => v * factor)]);
    }

    /// <summary>The value that a share of margins lies below, interpolated between neighbours.</summary>
    /// <param name="share">Share in [0, 1]: 0 for the least, 0.5 for the median.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is outside [0, 1].</exception>
    public double Quantile(double share) => Quantiles(share)[0];

    /// <summary>The values that shares of margins lie below.</summary>
    /// <param name="shares">Shares in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A share is outside [0, 1].</exception>
    public double[] Quantiles(params ReadOnlySpan<double> shares)
    {
        double[] sorted = [.. Values.Order()];
        var quantiles = new double[shares.Length];
        for (int i = 0; i < shares.Length; i++)
        {
            if (!(shares[i] >= 0 && shares[i] <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(shares), shares[i], "Expected shares in [0, 1].");
            }

            double place = shares[i] * (sorted.Length - 1);
            int below = (int)Math.Floor(place);
            int above = Math.Min(below + 1, sorted.Length - 1);
            quantiles[i] = sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
        }

        return quantiles;
    }
}
