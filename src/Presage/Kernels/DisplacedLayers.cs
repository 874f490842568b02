using System.Numerics;
using System.Runtime.CompilerServices;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>The loops over a displaced image, rows and their margins one after the other. Up to a vector more than was asked for is written.</summary>
internal static unsafe class DisplacedLayers<T, TLanes, TVector>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, ILanes<TVector, T>
{
    // Filters of so many taps have loops of their own.
    private const int Usual = 3;

    private static readonly T[] Angle = typeof(T) == typeof(float) ? Numbers(ArcCosine.AngleSingle) : Numbers(ArcCosine.Angle);
    private static readonly T[] Segment = typeof(T) == typeof(float) ? Numbers(ArcCosine.SegmentSingle) : Numbers(ArcCosine.Segment);

    /// <summary>Sums of squared differences of some tables, times a scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gaps(T* own, T* other, int table, int tables, double scale, T* gap, int count)
    {
        TVector factor = Broadcast(scale);
        for (int i = 0; i < count; i += TLanes.Count)
        {
            TVector sum = TLanes.Zero;
            for (int k = 0; k < tables; k++)
            {
                TVector difference = TLanes.Subtract(TLanes.Load(own + (k * table) + i), TLanes.Load(other + (k * table) + i));
                sum = TLanes.MultiplyAdd(difference, difference, sum);
            }

            TLanes.Store(TLanes.Multiply(sum, factor), gap + i);
        }
    }

    /// <summary>Sums over a filter's rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumRows(T* field, T* sums, FilterAxis rows, int pitch, int count)
    {
        T* first = field - (rows.Before * pitch);
        int taps = rows.Taps;
        if (taps == Usual)
        {
            for (int i = 0; i < count; i += TLanes.Count)
            {
                TVector outer = TLanes.Add(TLanes.Load(first + i), TLanes.Load(first + (2 * pitch) + i));
                TLanes.Store(TLanes.Add(outer, TLanes.Load(first + pitch + i)), sums + i);
            }

            return;
        }

        for (int i = 0; i < count; i += TLanes.Count)
        {
            TVector sum = TLanes.Load(first + i);
            for (int tap = 1; tap < taps; tap++)
            {
                sum = TLanes.Add(sum, TLanes.Load(first + (tap * pitch) + i));
            }

            TLanes.Store(sum, sums + i);
        }
    }

    /// <summary>Sums over a filter's columns, the convolution's and the activation's work.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="fields">Sums over the filter's rows; becomes the gaps and Ṫ∘Θ, over the activation's mean squared slope.</param>
    /// <param name="roots">√K_αα, then their inverses.</param>
    /// <param name="otherRoots">√K_α'α', then their inverses.</param>
    /// <param name="table">Numbers from the roots to their inverses.</param>
    /// <param name="count">Numbers of the image.</param>
    /// <param name="isLast">Whether to leave K in the place of the gaps.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Activate(PlannedConvolution layer, DisplacedFields<T> fields, T* roots, T* otherRoots, int table, int count, bool isLast)
    {
        TVector one = Broadcast(1);
        TVector two = Broadcast(2);
        TVector half = Broadcast(0.5);
        TVector bend = Broadcast(layer.Bend / Math.PI);
        TVector tilt = Broadcast(1 - layer.Bend);
        TVector lean = Broadcast(2 - layer.Bend);
        TVector gapGain = Broadcast(layer.Gain);
        TVector covarianceGain = Broadcast(layer.CovarianceToTangent);
        TVector tangentGain = Broadcast(layer.TangentGain);
        int taps = layer.Columns.Taps;
        int terms = Angle.Length;
        T* gaps = fields.GapSum - layer.Columns.Before;
        T* tangents = fields.TangentSum - layer.Columns.Before;
        T* gapTarget = fields.Gap;
        T* tangentTarget = fields.Tangent;
        fixed (T* angles = Angle, segments = Segment)
        {
            for (int i = 0; i < count; i += TLanes.Count)
            {
                TVector gap = TLanes.Load(gaps + i);
                TVector tangent = TLanes.Load(tangents + i);
                if (taps == Usual)
                {
                    gap = TLanes.Add(TLanes.Add(gap, TLanes.Load(gaps + i + 2)), TLanes.Load(gaps + i + 1));
                    tangent = TLanes.Add(TLanes.Add(tangent, TLanes.Load(tangents + i + 2)), TLanes.Load(tangents + i + 1));
                }
                else
                {
                    for (int tap = 1; tap < taps; tap++)
                    {
                        gap = TLanes.Add(gap, TLanes.Load(gaps + i + tap));
                        tangent = TLanes.Add(tangent, TLanes.Load(tangents + i + tap));
                    }
                }

                // ε = (gap − (√q − √q')²/2)/√(qq').
                TVector root = TLanes.Load(roots + i);
                TVector otherRoot = TLanes.Load(otherRoots + i);
                TVector inverse = TLanes.Multiply(TLanes.Load(roots + table + i), TLanes.Load(otherRoots + table + i));
                TVector both = TLanes.Multiply(root, otherRoot);
                TVector difference = TLanes.Subtract(root, otherRoot);
                TVector unequal = TLanes.Multiply(TLanes.Multiply(difference, difference), half);
                TVector e = TLanes.Multiply(TLanes.Subtract(TLanes.Multiply(gap, gapGain), unequal), inverse);
                e = TLanes.Min(two, TLanes.Max(TLanes.Zero, e));
                TVector covariance = TLanes.Multiply(both, TLanes.Subtract(one, e));
                tangent = TLanes.MultiplyAdd(covariance, covarianceGain, TLanes.Multiply(tangent, tangentGain));

                // As HomogeneousMomentRows.
                TVector far = TLanes.Subtract(two, e);
                TVector near = TLanes.Min(e, far);
                TVector angle = TLanes.Broadcast(angles + terms - 1);
                TVector segment = TLanes.Broadcast(segments + terms - 1);
                for (int n = terms - 2; n >= 0; n--)
                {
                    angle = TLanes.MultiplyAdd(angle, near, TLanes.Broadcast(angles + n));
                    segment = TLanes.MultiplyAdd(segment, near, TLanes.Broadcast(segments + n));
                }

                TVector sine = TLanes.Multiply(TLanes.Sqrt(TLanes.Multiply(near, TLanes.Subtract(two, near))), bend);
                angle = TLanes.Multiply(sine, angle);
                segment = TLanes.Multiply(TLanes.Multiply(sine, near), segment);
                TVector opposite = TLanes.Subtract(TLanes.Subtract(lean, TLanes.Multiply(tilt, near)), segment);
                TVector outputs = TLanes.WhereLess(far, e, opposite, TLanes.Subtract(e, segment));
                TVector share = TLanes.WhereLess(far, e, TLanes.Add(tilt, angle), TLanes.Subtract(one, angle));

                // In the margins, where one position is beyond the edge, there is no Θ.
                tangent = TLanes.WhereLess(TLanes.Zero, both, TLanes.Multiply(tangent, share), TLanes.Zero);
                TLanes.Store(tangent, tangentTarget + i);
                gap = isLast ? TLanes.Multiply(both, TLanes.Subtract(one, outputs)) : TLanes.MultiplyAdd(both, outputs, unequal);
                TLanes.Store(gap, gapTarget + i);
            }
        }
    }

    private static TVector Broadcast(double number)
    {
        T value = T.CreateTruncating(number);
        return TLanes.Broadcast(&value);
    }

    private static T[] Numbers<TNumber>(ReadOnlySpan<TNumber> numbers)
        where TNumber : IBinaryFloatingPointIeee754<TNumber>
    {
        var values = new T[numbers.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating(numbers[i]);
        }

        return values;
    }
}
