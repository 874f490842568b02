using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Refuses models whose examples do not each have a loss of their own.</summary>
internal static class ExampleMixing
{
    /// <summary>Checks that the loss of an example does not depend on which others it is measured with; where it is random, that is asked in evaluation mode.</summary>
    /// <param name="losses">Losses of the first examples, measured together.</param>
    /// <param name="lossesOf">Runs the model.</param>
    /// <param name="random">The model, where the losses are random; else null.</param>
    /// <exception cref="ArgumentException">The examples are mixed.</exception>
    public static void Refuse(Tensor losses, LossesOfExamples lossesOf, nn.Module? random)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        if (random is null)
        {
            Refuse(losses.ToDoubles(), losses.dtype, lossesOf);
            return;
        }

        using var mode = new EvaluationMode(random);
        using Tensor before = torch.random.get_rng_state();
        double[] calm = lossesOf(0, (int)losses.shape[0]).ToDoubles();
        using Tensor after = torch.random.get_rng_state();
        if (before.bytes.SequenceEqual(after.bytes))
        {
            Refuse(calm, losses.dtype, lossesOf);
        }
    }

    /// <summary>What losses of a type differ by where they are the same: near zero, those of single precision are all rounding.</summary>
    public static double RoundingOf(ScalarType type) => type == ScalarType.Float64 ? 1e-12 : 1e-6;

    private static void Refuse(double[] together, ScalarType type, LossesOfExamples lossesOf)
    {
        for (int n = 0; n < together.Length; n++)
        {
            double alone = lossesOf(n, n + 1).ToDoubles()[0];
            // An example alone may be not even a number, as by its deviation from itself; what is none among others is for the measurement to say.
            if (double.IsFinite(together[n]) && !(Math.Abs(alone - together[n]) <= 1e-3 * (Math.Abs(alone) + Math.Abs(together[n])) + RoundingOf(type)))
            {
                throw new ArgumentException(
                    $"The loss of example {n} is {alone:G6} when it is measured alone and {together[n]:G6} among {together.Length}: the model or the loss mixes the "
                    + "examples of a batch, and then no example has a gradient of its own. Expected examples in the first dimension of the inputs, "
                    + "and a loss that takes each for itself.",
                    nameof(lossesOf));
            }
        }
    }
}
