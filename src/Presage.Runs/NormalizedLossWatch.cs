using Presage.Norms;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>
/// The norm ρ that a network in training is divided by, for the normalized loss: how the network depends on its layers' norms is found once, ρ follows at every
/// measurement from the weights.
/// </summary>
public sealed class NormalizedLossWatch
{
    /// <summary>Why regression has no normalized loss.</summary>
    public const string NoClasses = "The targets are no classes, and the normalized loss is a cross-entropy.";

    // Enough to test what lies between layers on.
    private const int Sample = 8;

    private readonly HomogeneousForm? _form;

    /// <summary>Finds how the network depends on its layers' norms.</summary>
    /// <param name="model">The network, in the mode it is evaluated in; left as it is.</param>
    /// <param name="inputs">Inputs (N, …), N ≥ 1, of which the first are used.</param>
    public NormalizedLossWatch(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        try
        {
            _form = HomogeneousForm.Of(model, inputs[..(int)Math.Min(Sample, inputs.shape[0])]);
        }
        catch (NotHomogeneousException exception)
        {
            Refusal = exception.Message;
        }
    }

    /// <summary>Why there is no normalized loss, in a sentence; null where there is.</summary>
    public string? Refusal { get; }

    /// <summary>ln ρ for the product of Frobenius norms, with the weights as they are now; null where there is none, or ρ exceeds the range of numbers.</summary>
    public double? LogNorm() => _form?.TryLogNorm(WeightNorm.Frobenius);
}
