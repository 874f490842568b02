namespace Presage.Kernels;

/// <summary>An activation's moments of every pair of two sets of pre-activations, a piece of a row at a time.</summary>
internal abstract unsafe class MomentRows
{
    /// <summary>The moments of a row and some columns.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column.</param>
    /// <param name="count">Columns.</param>
    /// <param name="epsilon">ε, replaced by ε_φ. Up to the next multiple of <see cref="KernelTile.Size"/> columns may be written, here and below.</param>
    /// <param name="derivative">Becomes Ṫ; null where it is not needed.</param>
    public abstract void Fill(int row, int column, int count, double* epsilon, double* derivative);
}

/// <summary>One pair after the other: what every activation can do, and the oracle of those that do better.</summary>
internal sealed unsafe class PairwiseMomentRows(ActivationFunction activation, double[] variances, double[] otherVariances) : MomentRows
{
    public override void Fill(int row, int column, int count, double* epsilon, double* derivative)
    {
        for (int j = 0; j < count; j++)
        {
            PairMoments pair = activation.Pair(variances[row], otherVariances[column + j], epsilon[j]);
            epsilon[j] = pair.Epsilon;
            if (derivative != null)
            {
                derivative[j] = pair.Derivative;
            }
        }
    }
}
