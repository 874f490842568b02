using System.Runtime.InteropServices;

namespace Presage.Cli;

/// <summary>What the C library does with memory that libtorch gives back.</summary>
internal static partial class Heap
{
    // <malloc.h>
    private const int TrimThreshold = -1;
    private const int MostMappings = -4;
    private const int MostArenas = -8;

    /// <summary>
    /// Has it kept for the next tensor. By default blocks of 32 MiB and more go back to the system at once, and having their pages cleared again for each
    /// layer takes more time than computing it: a step of document 001's Table 3 on 500 images took 2.9 s, and takes 0.7 s so.
    /// </summary>
    public static void KeepFreed()
    {
        if (OperatingSystem.IsLinux())
        {
            // Only the first arena grows beyond 64 MiB.
            _ = SetOption(MostArenas, 1);
            _ = SetOption(MostMappings, 0);
            _ = SetOption(TrimThreshold, int.MaxValue);
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);
}
