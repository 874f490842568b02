using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>
/// One use of one parameter in a forward pass over N examples, with what came back through it: enough for the N gradients of that use. A parameter
/// that is used several times has the sum of its uses' gradients.
/// </summary>
internal abstract class ParameterUse
{
    /// <summary>Number of examples N.</summary>
    public abstract long Examples { get; }

    /// <summary>Bytes an example takes while its gradient is formed.</summary>
    public abstract long BytesPerExample { get; }

    /// <summary>The gradients of the examples from <paramref name="from"/> to before <paramref name="to"/>, (to − from, parameter's shape…).</summary>
    public abstract Tensor Gradients(long from, long to);

    /// <summary>⟨g_n, V⟩ of every example (N), for V of the parameter's shape.</summary>
    public abstract Tensor InnerProducts(Tensor direction);

    /// <summary>Adds the moments of this use's gradients without storing the gradients; false where there is no such way.</summary>
    public virtual bool TryAddMoments(MomentSums sums) => false;
}
