namespace Presage.Kernels;

/// <summary>A block of a kernel to compute.</summary>
/// <param name="plan">What the kernel's pairs share.</param>
/// <param name="rowInputs">Inputs of the block's rows (rows, d).</param>
/// <param name="columnInputs">Inputs of the block's columns (columns, d); the same pointer for a block that is symmetric.</param>
/// <param name="block">Which rows and columns.</param>
/// <param name="values">The result (rows, columns).</param>
internal sealed unsafe class KernelJob<T>(DenseKernelPlan plan, T* rowInputs, T* columnInputs, KernelBlock block, T* values)
    where T : unmanaged
{
    public DepthPlan Plan => plan.Depth;

    public KernelKind Kind => plan.Kind;

    public T* RowInputs => rowInputs;

    public T* ColumnInputs => columnInputs;

    public int Rows => block.Rows;

    public int Columns => block.Columns;

    public int Dimensions => plan.Dimensions;

    public T* Values => values;

    public bool IsSymmetric => rowInputs == columnInputs && block.IsOnDiagonal;

    /// <summary>The first row in the kernel, and in the plan.</summary>
    public int FirstRow => block.Row;

    /// <summary>The first column in the kernel.</summary>
    public int FirstColumn => block.Column;

    /// <summary>The first column in the plan.</summary>
    public int FirstOther => block.Column + plan.Offset;
}
