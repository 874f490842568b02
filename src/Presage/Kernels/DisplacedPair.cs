using System.Numerics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>
/// The kernels of two images by displacements τ = α' − α: convolutions move α and α' together, so that the pairs of one displacement are an image of their own that
/// passes all layers by itself, in the first cache. Carried are the gaps (K_αα + K_α'α')/2 − K_αα', which biases leave alone and equal inputs have none of, and Θ.
/// </summary>
internal sealed unsafe class DisplacedPair<T, TLanes, TVector> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, ILanes<TVector, T>
{
    private readonly ConvolutionPlan _plan;
    private readonly PooledMemory<T> _memory;
    private readonly DisplacedFields<T> _fields;
    private readonly T* _own;
    private readonly T* _other;

    public DisplacedPair(ConvolutionPlan plan)
    {
        _plan = plan;
        int table = plan.TableRows * plan.TableColumns;
        int slack = 4 * TLanes.Count;
        nint field = ((plan.Shape.Height + (2 * plan.RowMargin)) * (plan.Shape.Width + (2 * plan.ColumnMargin))) + (2 * slack);
        nint cropped = plan.Stack.IsPooled ? (plan.TableCount * table) + slack : 0;
        _memory = new PooledMemory<T>((4 * field) + (2 * cropped) + slack);
        new Span<T>(_memory.Start, (int)((4 * field) + (2 * cropped) + slack)).Clear();
        _fields = new DisplacedFields<T>(_memory.Start + slack, field);
        _own = _memory.Start + (4 * field) + slack;
        _other = _own + cropped;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>K and Θ of two examples after the last activation, averaged over positions, over 2^exponent of the plan.</summary>
    /// <param name="example">The tables of one.</param>
    /// <param name="other">The tables of the other.</param>
    public (double Covariance, double Tangent) Means(T[] example, T[] other)
    {
        ImageShape shape = _plan.Shape;
        int rows = _plan.Layers[^1].Rows.Outputs;
        int columns = _plan.Layers[^1].Columns.Outputs;
        (double Covariance, double Tangent) sums = (0, 0);
        fixed (T* own = example, others = other)
        {
            if (!_plan.Stack.IsPooled)
            {
                sums = Displaced(own, others, shape.Width, 0);
            }
            else
            {
                bool isCircular = _plan.Stack.Padding == FilterPadding.Circular;
                for (int right = isCircular ? 0 : 1 - columns; right < columns; right++)
                {
                    int width = isCircular ? shape.Width : shape.Width - Math.Abs(right);
                    Crop(own, Math.Max(0, -right), width, _own);
                    Crop(others, Math.Max(0, right), width, _other);
                    for (int down = isCircular ? 0 : 1 - rows; down < rows; down++)
                    {
                        (double covariance, double tangent) = Displaced(_own, _other, width, down);
                        sums = (sums.Covariance + covariance, sums.Tangent + tangent);
                    }
                }
            }
        }

        double count = Math.Pow((double)rows * columns, _plan.Stack.IsPooled ? 2 : 1);
        return (sums.Covariance / count, sums.Tangent / count);
    }

    // Some columns of all tables and their margins, so that a displaced image's rows follow each other.
    private void Crop(T* tables, int column, int width, T* target)
    {
        int columns = width + (2 * _plan.ColumnMargin);
        int rows = _plan.TableCount * _plan.TableRows;
        for (int row = 0; row < rows; row++)
        {
            // The next row overwrites what the last vector brings along.
            T* source = tables + (row * _plan.TableColumns) + column;
            T* line = target + (row * columns);
            for (int i = 0; i < columns; i += TLanes.Count)
            {
                TLanes.Store(TLanes.Load(source + i), line + i);
            }
        }

        new Span<T>(target + (rows * columns), 2 * TLanes.Count).Clear();
    }

    private (double Covariance, double Tangent) Displaced(T* own, T* other, int width, int down)
    {
        bool isCircular = _plan.Stack.Padding == FilterPadding.Circular;
        int pitch = width + (2 * _plan.ColumnMargin);
        int table = _plan.TableRows * pitch;
        int lost = isCircular ? 0 : Math.Abs(down);
        int height = _plan.Shape.Height - lost;
        own += (_plan.RowMargin + Math.Max(0, -down)) * pitch;
        other += (_plan.RowMargin + Math.Max(0, down)) * pitch;
        int margin = _plan.RowMargin * pitch;
        DisplacedFields<T> fields = _fields.From(margin);
        int channels = _plan.Shape.Channels;
        double scale = _plan.Stack.ScalesInputs ? 0.5 / channels : 0.5;
        DisplacedLayers<T, TLanes, TVector>.Gaps(own - margin, other - margin, table, channels, scale, fields.Gap - margin, (height * pitch) + (2 * margin));
        new Span<T>(fields.Tangent - margin, (height * pitch) + (2 * margin)).Clear();
        int columns = width;
        bool hasZeros = _plan.Stack.Padding == FilterPadding.Same;
        for (int layer = 0; layer < _plan.Layers.Length; layer++)
        {
            PlannedConvolution planned = _plan.Layers[layer];
            bool isLast = layer == _plan.Layers.Length - 1;
            T* roots = own + ((channels + (2 * layer)) * table);
            T* otherRoots = other + ((channels + (2 * layer)) * table);
            height = planned.Rows.Outputs - lost;
            columns = planned.Columns.Outputs - (_plan.Shape.Width - width);
            int count = height * pitch;
            DisplacedLayers<T, TLanes, TVector>.SumRows(fields.Gap, fields.GapSum, planned.Rows, pitch, count);
            DisplacedLayers<T, TLanes, TVector>.SumRows(fields.Tangent, fields.TangentSum, planned.Rows, pitch, count);
            if (hasZeros)
            {
                Edge(roots, otherRoots, fields, -margin, margin);
            }

            DisplacedLayers<T, TLanes, TVector>.Activate(planned, fields, roots, otherRoots, table, count, isLast);
            if (hasZeros)
            {
                Edge(roots, otherRoots, fields, count, margin);
            }
            else if (isCircular)
            {
                DisplacedMargins.Wrap(fields.Gap, height, width, _plan.RowMargin, _plan.ColumnMargin);
                DisplacedMargins.Wrap(fields.Tangent, height, width, _plan.RowMargin, _plan.ColumnMargin);
            }
        }

        return (
            DisplacedMargins.Sum<T, TLanes, TVector>(fields.Gap + _plan.ColumnMargin, height, columns, pitch),
            DisplacedMargins.Sum<T, TLanes, TVector>(fields.Tangent + _plan.ColumnMargin, height, columns, pitch));
    }

    // Rows where one position is beyond the edge: first those above, whose last vector reaches into the image.
    private static void Edge(T* roots, T* otherRoots, DisplacedFields<T> fields, int start, int count)
    {
        DisplacedLayers<T, TLanes, TVector>.Gaps(roots + start, otherRoots + start, 0, 1, 0.5, fields.Gap + start, count);
        new Span<T>(fields.Tangent + start, count).Clear();
    }
}

/// <summary>Where fields of a displaced image lie: the gaps, Θ, and sums of both over a filter's rows; as many numbers apart as a field takes.</summary>
internal readonly unsafe struct DisplacedFields<T>(T* start, nint size)
    where T : unmanaged
{
    public T* Gap => start;

    public T* Tangent => start + size;

    public T* GapSum => start + (2 * size);

    public T* TangentSum => start + (3 * size);

    public DisplacedFields<T> From(int offset) => new(start + offset, size);
}
