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

    /// <summary>Forms robust means of this use's gradients without storing the gradients; false where there is no such way.</summary>
    public virtual bool TryAddMeans(RobustMeans means) => false;

    /// <summary>
    /// ⟨g_n, g'_m⟩ of every example here with every example of another use of the parameter (N, N'), without forming the gradients; null where there is
    /// no such way, or forming them takes less. Of a use with itself, only n ≤ m need be there.
    /// </summary>
    /// <param name="other">The other use, or this one.</param>
    /// <param name="blockBytes">Bytes that intermediate results may take, at least one pair's.</param>
    public virtual Tensor? TryGram(ParameterUse other, long blockBytes) => null;

    /// <summary>Gradients of the examples from <paramref name="from"/> to before <paramref name="to"/>, the sum over all uses of a parameter (to − from, entries).</summary>
    public static Tensor Gradients(IReadOnlyList<ParameterUse> uses, long from, long to) =>
        uses.Select(u => u.Gradients(from, to).reshape(to - from, -1)).Aggregate((sum, gradients) => sum + gradients);

    /// <summary>Uses over successive examples as one use over all of them; with their gradients formed where they are of different kinds or shapes.</summary>
    public static ParameterUse Join(IReadOnlyList<ParameterUse> uses) => uses.Count == 1
        ? uses[0]
        : uses[0].TryJoin(uses) ?? new DenseUse(cat([.. uses.Select(u => u.Gradients(0, u.Examples).reshape(u.Examples, -1))]));

    /// <summary>Uses of which this is the first as one use over all their examples; null where they are of different kinds or shapes.</summary>
    protected virtual ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) => null;

    /// <summary>Whether tensors (N, …) can be joined along N.</summary>
    protected static bool CanJoin(Tensor first, Tensor second) => first.shape.AsSpan(1).SequenceEqual(second.shape.AsSpan(1));
}
