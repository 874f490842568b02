using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Moments of a positively homogeneous activation, which depend on correlations alone, by vectors.</summary>
internal sealed unsafe class HomogeneousMomentRows(HomogeneousActivation activation) : MomentRows
{
    public override void Fill(int row, int column, int count, double* epsilon, double* derivative)
    {
        if (activation.IsLinear)
        {
            if (derivative != null)
            {
                new Span<double>(derivative, count).Fill(activation.MeanSquaredSlope);
            }
        }
        else if (Vector512.IsHardwareAccelerated)
        {
            Fill<WideLanes<double>, Vector512<double>>(count, epsilon, derivative);
        }
        else
        {
            Fill<Lanes<double>, Vector<double>>(count, epsilon, derivative);
        }
    }

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Fill<TLanes, TVector>(int count, double* epsilon, double* derivative)
        where TLanes : struct, ILanes<TVector, double>
    {
        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        number = 2;
        TVector two = TLanes.Broadcast(&number);
        number = activation.Bend / Math.PI;
        TVector bend = TLanes.Broadcast(&number);
        number = activation.Lean;
        TVector lean = TLanes.Broadcast(&number);
        TVector tilt = TLanes.Subtract(lean, one);
        number = 1 - activation.Bend;
        TVector opposite = TLanes.Broadcast(&number);
        number = activation.MeanSquaredSlope;
        TVector slope = TLanes.Broadcast(&number);
        fixed (double* angles = ArcCosine.Angle, segments = ArcCosine.Segment)
        {
            int terms = ArcCosine.Angle.Length;
            for (int j = 0; j < count; j += TLanes.Count)
            {
                TVector e = TLanes.Load(epsilon + j);
                TVector beyond = TLanes.Subtract(two, e);
                TVector near = TLanes.Min(e, beyond);
                TVector sine = TLanes.Multiply(TLanes.Sqrt(TLanes.Multiply(near, TLanes.Subtract(two, near))), bend);
                TVector segment = TLanes.Multiply(TLanes.Multiply(sine, near), Evaluate<TLanes, TVector>(segments, terms, near));
                TVector far = TLanes.Subtract(TLanes.Subtract(lean, TLanes.Multiply(tilt, near)), segment);
                TLanes.Store(TLanes.WhereLess(beyond, e, far, TLanes.Subtract(e, segment)), epsilon + j);
                if (derivative != null)
                {
                    TVector angle = TLanes.Multiply(sine, Evaluate<TLanes, TVector>(angles, terms, near));
                    TVector share = TLanes.WhereLess(beyond, e, TLanes.Add(opposite, angle), TLanes.Subtract(one, angle));
                    TLanes.Store(TLanes.Multiply(slope, share), derivative + j);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Evaluate<TLanes, TVector>(double* coefficients, int terms, TVector x)
        where TLanes : struct, ILanes<TVector, double>
    {
        TVector value = TLanes.Broadcast(coefficients + terms - 1);
        for (int n = terms - 2; n >= 0; n--)
        {
            value = TLanes.MultiplyAdd(value, x, TLanes.Broadcast(coefficients + n));
        }

        return value;
    }
}
