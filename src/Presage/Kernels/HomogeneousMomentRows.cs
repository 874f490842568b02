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
            int lanes = TLanes.Count;
            for (int j = 0; j < count; j += 2 * lanes)
            {
                // Two vectors' polynomials fill each other's waits.
                TVector e = TLanes.Load(epsilon + j);
                TVector f = TLanes.Load(epsilon + j + lanes);
                TVector farE = TLanes.Subtract(two, e);
                TVector farF = TLanes.Subtract(two, f);
                TVector nearE = TLanes.Min(e, farE);
                TVector nearF = TLanes.Min(f, farF);
                TVector angleE = TLanes.Broadcast(angles + terms - 1);
                TVector angleF = angleE;
                TVector segmentE = TLanes.Broadcast(segments + terms - 1);
                TVector segmentF = segmentE;
                for (int n = terms - 2; n >= 0; n--)
                {
                    TVector next = TLanes.Broadcast(segments + n);
                    segmentE = TLanes.MultiplyAdd(segmentE, nearE, next);
                    segmentF = TLanes.MultiplyAdd(segmentF, nearF, next);
                    next = TLanes.Broadcast(angles + n);
                    angleE = TLanes.MultiplyAdd(angleE, nearE, next);
                    angleF = TLanes.MultiplyAdd(angleF, nearF, next);
                }

                TVector sineE = TLanes.Multiply(TLanes.Sqrt(TLanes.Multiply(nearE, TLanes.Subtract(two, nearE))), bend);
                TVector sineF = TLanes.Multiply(TLanes.Sqrt(TLanes.Multiply(nearF, TLanes.Subtract(two, nearF))), bend);
                segmentE = TLanes.Multiply(TLanes.Multiply(sineE, nearE), segmentE);
                segmentF = TLanes.Multiply(TLanes.Multiply(sineF, nearF), segmentF);
                TVector oppositeE = TLanes.Subtract(TLanes.Subtract(lean, TLanes.Multiply(tilt, nearE)), segmentE);
                TVector oppositeF = TLanes.Subtract(TLanes.Subtract(lean, TLanes.Multiply(tilt, nearF)), segmentF);
                TLanes.Store(TLanes.WhereLess(farE, e, oppositeE, TLanes.Subtract(e, segmentE)), epsilon + j);
                TLanes.Store(TLanes.WhereLess(farF, f, oppositeF, TLanes.Subtract(f, segmentF)), epsilon + j + lanes);
                if (derivative != null)
                {
                    angleE = TLanes.Multiply(sineE, angleE);
                    angleF = TLanes.Multiply(sineF, angleF);
                    TVector shareE = TLanes.WhereLess(farE, e, TLanes.Add(opposite, angleE), TLanes.Subtract(one, angleE));
                    TVector shareF = TLanes.WhereLess(farF, f, TLanes.Add(opposite, angleF), TLanes.Subtract(one, angleF));
                    TLanes.Store(TLanes.Multiply(slope, shareE), derivative + j);
                    TLanes.Store(TLanes.Multiply(slope, shareF), derivative + j + lanes);
                }
            }
        }
    }
}
