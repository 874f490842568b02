using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Presage.Numerics;

/// <summary>
/// libtorch's convolutions on processors that do not tell the sizes of their caches, as AMD's in some virtual machines: oneDNN, which computes them,
/// takes a cache for a byte there, leaves parts of reordered weights unwritten, and so returns what memory happened to hold.
/// </summary>
internal static partial class OneDnn
{
    private const int CacheLeaf = unchecked((int)0x8000001D);

    /// <summary>Whether oneDNN reads the sizes of the caches from a leaf of CPUID that this processor leaves empty.</summary>
    public static bool LacksCacheSizes { get; } =
        X86Base.IsSupported && X86Base.CpuId(0, 0) is (_, 0x68747541, 0x444D4163, 0x69746E65) && X86Base.CpuId(CacheLeaf, 0).Eax == 0; // "AuthenticAMD"

    /// <summary>
    /// There, has libtorch compute convolutions by its own products of matrices instead, for the whole process; TorchSharp has no setting for it. NNPACK,
    /// which would be next and finds no caches either, would say so at each convolution.
    /// </summary>
    [ModuleInitializer]
    public static void AvoidWhereCacheSizesAreLacking()
    {
        if (LacksCacheSizes && OperatingSystem.IsLinux())
        {
            nint context = GlobalContext();
            SetOneDnn(context, isEnabled: 0);
            SetNnpack(context, isEnabled: 0);
        }
    }

    [LibraryImport("libtorch_cpu.so", EntryPoint = "_ZN2at13globalContextEv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GlobalContext();

    [LibraryImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetOneDnn(nint context, byte isEnabled);

    [LibraryImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetNnpack(nint context, byte isEnabled);
}
