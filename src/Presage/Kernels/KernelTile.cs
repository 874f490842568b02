namespace Presage.Kernels;

/// <summary>Rows and columns of a kernel that are computed together.</summary>
internal static class KernelTile
{
    /// <summary>Rows and columns of a tile, a multiple of every vector's length.</summary>
    public const int Size = 128;

    /// <summary>Inputs whose products are added up at a time: two panels of them and a tile stay in the second cache.</summary>
    public const int Panel = 256;
}
