using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>What was found when f = ρ·f̃ was checked on a sample, in float64.</summary>
/// <param name="Examples">Examples it was checked on; on all of them f and f̃ give the same answer (the largest output, or the sign of a single one).</param>
/// <param name="Difference">max |f − ρ·f̃| over all outputs, relative to max |f|.</param>
/// <param name="AbsorptionDifference">
/// max |f − the model's own outputs| relative to the largest: what computing in float64 and absorbing batch normalizations changed.
/// </param>
public sealed record NormalizationProof(int Examples, double Difference, double AbsorptionDifference);

/// <summary>
/// The network f̃ with f = ρ·f̃ whose layers all have norm 1: W̃ = W/‖W‖ and b̃ = b/c with c the layer's cumulative factor, the product of norms up to and including it
/// where there are no branches (<see cref="HomogeneousForm"/> says what holds where there are). Source: document 002, eq. 1 and 7.
/// </summary>
/// <param name="Norm">The norm of a layer's weights.</param>
/// <param name="Factors">The layers' norms and ρ.</param>
/// <param name="Form">How the network depends on them.</param>
/// <param name="Proof">What was checked.</param>
public sealed record NormalizedNetwork(WeightNorm Norm, NormFactors Factors, HomogeneousForm Form, NormalizationProof Proof)
{
    /// <summary>Largest relative difference of f and ρ·f̃.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Largest relative difference of f in float64, batch normalizations absorbed, and the model's own outputs.</summary>
    public const double AbsorptionTolerance = 1e-4;

    // Of a network that takes few examples at a time, a large sample would take minutes.
    private const int MostParts = 20;

    // Outputs that are closer than this, relative to the largest, are the same answer.
    private const double Tie = 1e-12;

    /// <summary>ln ρ.</summary>
    public double LogNorm => Factors.LogNorm;

    /// <summary>Normalizes a network and checks on a sample that f = ρ·f̃, by running f̃. The network itself is left as it is.</summary>
    /// <param name="model">The network, in evaluation mode where it has dropout or batch normalization.</param>
    /// <param name="inputs">A few inputs (N, …), such as it is used on; of a large network it takes the first alone, twenty times as many as fit into about 1 GB (<see cref="Proof"/> says how many).</param>
    /// <param name="norm">The norm of a layer's weights.</param>
    /// <exception cref="NotHomogeneousException">The network is not of that form, or a layer's norm is 0; the message says why and names the layer.</exception>
    /// <exception cref="NumericalException">A weight or output is not finite.</exception>
    public static NormalizedNetwork Of(nn.Module<Tensor, Tensor> model, Tensor inputs, WeightNorm norm)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        HomogeneousForm form = HomogeneousForm.Of(model, inputs);
        NormFactors factors = form.Factors(norm);
        using var state = new PreservedState(model);
        using var pass = new LayerPass(model, form.Network.Layers);
        var cumulative = Cumulative.Of(form.Network, norm);
        int chunk = form.Network.ExamplesAtATime(inputs.shape[0]);
        var parts = new List<(Tensor Own, Tensor Plain, Tensor Normalized)>();
        long examples = Math.Min(inputs.shape[0], (long)MostParts * chunk);
        for (long start = 0; start < examples; start += chunk)
        {
            using Tensor part = inputs.detach().narrow(0, start, Math.Min(chunk, examples - start));
            parts.Add(Outputs(model, pass, form.Network, cumulative, part));
        }

        return new NormalizedNetwork(norm, factors, form, Prove(Joined(parts.ConvertAll(p => p.Own)), Joined(parts.ConvertAll(p => p.Plain)), Joined(parts.ConvertAll(p => p.Normalized)), factors));
    }

    // The model's own outputs, those in float64 and f̃'s.
    private static (Tensor Own, Tensor Plain, Tensor Normalized) Outputs(
        nn.Module<Tensor, Tensor> model, LayerPass pass, NetworkTrace trace, Cumulative factors, Tensor inputs)
    {
        Tensor own;
        Tensor plain;
        List<long[]> shapes;
        using (var scope = NewDisposeScope())
        {
            own = model.call(inputs).to(ScalarType.Float64).MoveToOuterDisposeScope();
            PassRecord record = PassRecord.Plain(pass, scope, inputs);
            shapes = [.. record.Outputs.Select(o => o.shape)];
            plain = record.Output.MoveToOuterDisposeScope();
        }

        return (own, plain, NormalizedPass.Run(pass, trace, factors, inputs, shapes));
    }

    private static Tensor Joined(List<Tensor> parts) => parts is [var only] ? only : cat(parts);

    private static NormalizationProof Prove(Tensor own, Tensor plain, Tensor normalized, NormFactors factors)
    {
        double largest = plain.Largest();
        if (!double.IsFinite(largest))
        {
            throw new NumericalException($"The network's largest output on the sample is {largest}.");
        }

        if (largest == 0)
        {
            throw new NotHomogeneousException("All outputs of the network on the sample are 0, so that there is nothing to compare: give other inputs.");
        }

        if (!double.IsNormal(Math.Exp(-factors.LogNorm) * largest) || !double.IsNormal(Math.Exp(-factors.LogNorm)))
        {
            throw new NotHomogeneousException(
                $"ln ρ = {factors.LogNorm:R}: ρ, or f/ρ, is beyond the range of numbers (about e^±708), so that nothing can be computed with the normalized network: take another norm.");
        }

        using Scalar unit = Math.Exp(-factors.LogNorm);
        double difference = (normalized - (plain * unit)).Largest() / (plain * unit).Largest();
        double absorption = (own - plain).Largest() / largest;
        if (!(difference <= Tolerance))
        {
            throw new NotHomogeneousException(
                $"Normalized layer by layer (ln ρ = {factors.LogNorm:R}), the network differs from f/ρ by {difference:E1} of the largest output, more than {Tolerance:E0}.");
        }

        if (!(absorption <= AbsorptionTolerance))
        {
            throw new NotHomogeneousException(
                $"With float64 layers, batch normalizations absorbed, the network's outputs differ from its own by {absorption:E1} of the largest, more than {AbsorptionTolerance:E0}.");
        }

        return SameAnswers(plain, normalized)
            ? new NormalizationProof((int)plain.shape[0], difference, absorption)
            : throw new NotHomogeneousException("Normalized layer by layer, the network gives other answers on the sample.");
    }

    // f̃ at f's answer is f̃'s largest.
    private static bool SameAnswers(Tensor plain, Tensor normalized)
    {
        Tensor f = plain.reshape(plain.shape[0], -1);
        Tensor g = normalized.reshape(plain.shape[0], -1);
        if (f.shape[1] == 1)
        {
            return PassRecord.AreSame(f.sign(), g.sign());
        }

        Tensor gap = g.amax([1]) - g.gather(1, f.argmax(1, keepdim: true)).squeeze(1);
        return gap.max().item<double>() <= Tie * g.Largest();
    }
}
